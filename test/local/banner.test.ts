import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../lib/options.ts';
import { formatBanner } from '../../local/banner.ts';
import { scaleRetry } from '../../local/retry-scale.ts';
import type { StackDescription } from '../../admin/stack-file.ts';

const stack: StackDescription = {
  base_url: 'http://127.0.0.1:1',
  dashboard_url: 'http://127.0.0.1:1/dashboard',
  api_key: 'ivy_live_x',
  workspace_id: 'ws_default',
  inbox_url: 'http://127.0.0.1:2',
  aws_endpoint_url: 'http://127.0.0.1:3',
  ses_endpoint_url: 'http://127.0.0.1:4',
  region: 'us-east-1',
  topic_arn: 'arn',
  table_name: 'table',
  configuration_set: 'set',
  from: 'you@yourdomain.example',
  pid: 1,
};

const COMMANDS = { start: 'npm start --', admin: 'npm run admin --' };

describe('the banner', () => {
  const { retry } = resolveOptions({});
  it.each([
    [0.05, 'after 3 s, 15 s and 75 s, each ±20 %'],
    [0.02, 'after 1 s, 5.5 s and 30 s, each ±20 %'],
    [1, 'after 60 s, 300 s and 1500 s, each ±20 %'],
  ])('at a scale of %d contains the deployed delays: %s', (scale, delays) => {
    const text = formatBanner(
      { stack, retry: scaleRetry(retry, scale), signInUrl: 'http://x' },
      scale,
      COMMANDS,
    );
    expect(text).toContain(delays);
  });

  it('offers the schedule of a deployment, except at a scale of 1', () => {
    const offer = '--retry-scale 1';
    const at = (scale: number): string =>
      formatBanner({ stack, retry: scaleRetry(retry, scale), signInUrl: 'http://x' }, scale, COMMANDS);
    expect(at(0.05)).toContain(offer);
    expect(at(1)).not.toContain(offer);
  });

  it('contains the commands of the installed package in a project that uses the package', () => {
    const commands = { start: 'npx ivymail-events start', admin: 'npx ivymail-events' };
    const text = formatBanner({ stack, retry, signInUrl: 'http://x' }, 0.05, commands);
    expect(text).toContain('npx ivymail-events doctor --local');
    expect(text).toContain('npx ivymail-events start --retry-scale 1');
    expect(text).not.toContain('npm');
  });

  it('contains no delay if webhooks are not retried', () => {
    const text = formatBanner(
      { stack, retry: { ...retry, count: 0 }, signInUrl: 'http://x' },
      0.05,
      COMMANDS,
    );
    expect(text).toContain('A failed webhook is not retried');
  });
});
