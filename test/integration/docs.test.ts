/** Runs every command of the quickstart and of docs/webhooks-and-events.md as a reader would, and the recipe of llms.txt as an agent would. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { api, createHook, delivery, stack, until, type Hook } from './client.ts';

/** The commands of a page that call the API. The others install or deploy. */
function commandsOf(file: string): readonly string[] {
  const page = readFileSync(file, 'utf8');
  return [...page.matchAll(/```sh\n([^]*?)```/g)]
    .map(([, code = '']) => code.trim())
    .filter((code) => code.startsWith('curl '));
}
const commands = ['docs/quickstart.md', 'docs/webhooks-and-events.md'].flatMap(commandsOf);

let hook: Hook;
let environment: Record<string, string>;
beforeAll(async () => {
  hook = await createHook(['delivered']);
  const sent = await api('POST', '/v1/send', {
    from: stack.from,
    to: ['success@simulator.amazonses.com'],
    subject: 'For the docs',
    text: 'Hello.',
  });
  const { id } = await delivery(hook, sent.body.message_id, ['delivered']);
  const recovery = await api('POST', `/v1/webhooks/${hook.endpointId}/recover`, {
    since: new Date(Date.now() - 60_000).toISOString(),
  });
  environment = {
    PATH: process.env['PATH'] ?? '',
    BASE: stack.base_url,
    KEY: stack.api_key,
    FROM: stack.from,
    HOOK_URL: hook.url,
    MESSAGE_ID: sent.body.message_id,
    WEBHOOK_ID: hook.endpointId,
    DELIVERY_ID: String(id),
    RECOVERY_ID: recovery.body.recovery_id,
    RUN: randomUUID(),
  };
});
afterAll(() => hook.remove());

const run = promisify(execFile);

describe('the guide', () => {
  it('contains the commands that this test runs', () => {
    expect(commands.length).toBeGreaterThan(15);
  });

  it.each(commands)('%s', async (command) => {
    // Each call of a code block runs separately. curl prints the status after the response.
    const calls = command.split(/\n(?=curl )/);
    for (const call of calls) {
      const { stdout } = await run('bash', ['-c', call.replace(/^curl -s/, `curl -s -w '\\n%{http_code}'`)], {
        env: environment,
      });
      const status = Number(stdout.slice(stdout.lastIndexOf('\n')));
      expect([call, stdout, status]).toEqual([
        call,
        stdout,
        expect.toSatisfy((code: number) => code >= 200 && code < 300),
      ]);
    }
  });
});

describe('an agent with llms.txt and an API key', () => {
  it('finds out in two calls what happened to an email', async () => {
    const text = await (await fetch(`${stack.base_url}/llms.txt`)).text();
    const [first = '', second = ''] = [...text.matchAll(/^ {4}GET (\S+)$/gm)].map(([, path = '']) => path);
    const to = 'bounce@simulator.amazonses.com';
    await api('POST', '/v1/send', { from: stack.from, to: [to], subject: 'Where is it?', text: 'Hello.' });
    const bounce = await until('the bounce in the log', async () => {
      const { body } = await api('GET', first.replace('X', to));
      const entries: { status: string; message_id: string; error?: { diagnostic_code: string } }[] =
        body.data;
      return entries.find((entry) => entry.status === 'bounced');
    });
    expect(bounce.error?.diagnostic_code).toMatch(/550|user unknown/);
    const { body } = await api('GET', second.replace('{message_id}', bounce.message_id ?? ''));
    expect(body.recipients).toMatchObject([{ to, status: 'bounced' }]);
    expect(body.raw_events.length).toBeGreaterThan(0);
  });
});

describe('a page that needs no key', () => {
  it.each(['/llms.txt', '/v1/openapi.json'])('serves %s', async (path) => {
    const response = await fetch(`${stack.base_url}${path}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(readFileSync(`docs/site/${path.split('/').at(-1)}`, 'utf8'));
  });
});
