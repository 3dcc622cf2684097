/** Runs `ivymail-events` as an operator would, against the deployed stack. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../admin/checks.ts';
import { api, stack, until } from './client.ts';

describe('ivymail-events', () => {
  // The stack under test publishes no .local/stack.json. These environment variables lead the command to it.
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL: stack.aws_endpoint_url,
    AWS_ENDPOINT_URL_SESV2: stack.ses_endpoint_url,
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const program = ['--import', import.meta.resolve('tsx'), resolve('bin/cli.ts')];

  it.each([
    [['describe']],
    [['workspace', 'list']],
    [['key', 'list']],
    [['redrive', 'list']],
    [['attach', stack.from]],
    [['detach', stack.from]],
  ])('%j prints one JSON object with --json', async (args) => {
    const { stdout } = await promisify(execFile)(process.execPath, [...program, ...args, '--json'], { env });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toBeTypeOf('object');
  });

  it('doctor without a key and a sender exits with 4 and reports ok: false', async () => {
    const doctorOf = spawn(process.execPath, [...program, 'doctor', '--no-send', '--json'], { env });
    const [output] = await Promise.all([text(doctorOf.stdout), once(doctorOf, 'exit')]);
    const { ok, checks } = JSON.parse(output) as { ok: boolean; checks: readonly Check[] };
    expect(checks.find(({ name }) => name === 'sender')?.status).toBe('not_checked');
    expect([ok, doctorOf.exitCode]).toEqual([false, 4]);
  });

  it('doctor removes its webhook when it is interrupted', async () => {
    const webhooks = async (): Promise<number> => {
      const { body } = await api('GET', '/v1/webhooks');
      return body.data.filter((each: { description: string }) => each.description === 'doctor').length;
    };
    const cwd = mkdtempSync(join(tmpdir(), 'doctor-'));
    mkdirSync(join(cwd, '.local'));
    writeFileSync(join(cwd, '.local', 'stack.json'), JSON.stringify(stack));
    const doctorOf = spawn(process.execPath, [...program, 'doctor', '--local'], {
      env,
      cwd,
      stdio: 'ignore',
    });
    const ended = once(doctorOf, 'exit');
    await until('the webhook of doctor', async () => ((await webhooks()) > 0 ? true : undefined));
    doctorOf.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(await webhooks()).toBe(0);
    rmSync(cwd, { recursive: true });
  });
});
