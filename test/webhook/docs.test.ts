import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { secretText, signWebhook } from '../../lambdas/delivery/sign.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { installWebhookModule } from './installed.ts';

const SECRET = Buffer.alloc(24, 7);
const page = readFileSync('docs/webhooks-and-events.md', 'utf8');

/** A request as the deliver function makes it. */
function request(body: string, secret = SECRET): Request {
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const signature = signWebhook({ webhookId: 'evt_a', timestampSeconds, body, secrets: [secret] });
  return new Request('https://example.com/', {
    method: 'POST',
    headers: {
      'webhook-id': 'evt_a',
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signature,
    },
    body,
  });
}

describe('the TypeScript example in docs/webhooks-and-events.md', () => {
  let folder = '';
  let post: (received: Request) => Promise<Response>;

  beforeAll(async () => {
    mkdirSync('.local', { recursive: true });
    folder = mkdtempSync(resolve('.local', 'tmp-webhook-example-'));
    const blocks = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => code);
    writeFileSync(join(folder, 'example.ts'), blocks.join('\n'));
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    installWebhookModule(join(folder, 'node_modules'));
    buildSync({
      entryPoints: [join(folder, 'example.ts')],
      bundle: true,
      format: 'esm',
      outfile: join(folder, 'example.mjs'),
    });
    const file = pathToFileURL(join(folder, 'example.mjs')).href;
    ({ POST: post } = (await import(file)) as { POST: typeof post });
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is correct TypeScript', () => {
    const config = {
      extends: resolve('tsconfig.json'),
      compilerOptions: { paths: { 'ivymail-events/webhook': [resolve('webhook/index.ts')] } },
      include: ['example.ts'],
      exclude: [],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const output = () =>
      execFileSync(resolve('node_modules/.bin/tsc'), ['--project', folder], { encoding: 'utf8' });
    expect(output()).toBe('');
  });

  it('reads each event, ignores a later event, and responds with 401 to a forged webhook', async () => {
    vi.stubEnv('IVYMAIL_WEBHOOK_SECRET', secretText(SECRET));
    const log = vi.spyOn(console, 'log').mockReturnValue();
    const bounced = webhookPayload(
      anEvent({
        event: 'bounced',
        to: 'ann@example.com',
        details: { diagnostic_code: 'smtp; 550', reason: 'unknown' },
      }),
    );
    const postponed = '{"event":"postponed"}';
    for (const body of [bounced, postponed]) expect((await post(request(body))).status).toBe(204);
    expect(log.mock.calls).toEqual([
      ['ann@example.com bounced: unknown, smtp; 550'],
      ['postponed is ignored'],
    ]);
    expect((await post(request(bounced, Buffer.alloc(24, 8)))).status).toBe(401);
    vi.stubEnv('IVYMAIL_WEBHOOK_SECRET', undefined);
    await expect(post(request(bounced))).rejects.toThrow(/Pass the secret of the endpoint/);
  });
});
