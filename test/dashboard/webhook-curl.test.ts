import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { webhookCurlCommand } from '../../dashboard/text/webhook-curl.ts';
import { verifyWebhook } from '../../webhook/index.ts';

const SECRET = `whsec_${Buffer.from('not-a-real-secret-at-all').toString('base64')}`;
const PAYLOAD = {
  event: 'bounced',
  subject: `It's $HOME, "quoted" and \\ escaped \`now\``,
  note: 'ünïcödé\n',
};

interface Received {
  readonly path: string | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** Runs the command in a shell, against a server that records the request. */
async function run(env: Record<string, string>): Promise<{ requests: Received[]; stderr: string }> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.end();
    });
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  const command = webhookCurlCommand({
    url: `http://127.0.0.1:${port}/hooks/it's?a=b&c`,
    eventId: 'evt_1',
    attempt: 3,
    payload: PAYLOAD,
  });
  const result = await promisify(execFile)('sh', ['-c', command], {
    env: { PATH: process.env['PATH'], ...env },
  }).catch((error: unknown) => error as { stderr: string });
  server.close();
  return { requests, stderr: result.stderr };
}

describe('the command of “Copy as curl”', () => {
  it('sends the webhook, with a signature that the receiver accepts', async () => {
    const { requests } = await run({ WEBHOOK_SECRET: SECRET });
    expect(requests).toHaveLength(1);
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = requests;
    expect(path).toBe("/hooks/it's?a=b&c");
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'evt_1',
      'x-ivymail-attempt': '3',
    });
    expect(body).toBe(JSON.stringify(PAYLOAD));
    expect(await verifyWebhook(SECRET, headers, body)).toEqual(PAYLOAD);
  });

  it('sends nothing without the secret, and names the variable that is missing', async () => {
    const { requests, stderr } = await run({});
    expect(requests).toEqual([]);
    expect(stderr).toContain('Set WEBHOOK_SECRET');
  });
});
