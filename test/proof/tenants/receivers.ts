import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CANARY } from './canaries.ts';

const STATUS: Readonly<Record<string, number>> = { ok: 200, moved: 302, gone: 410, '500': 500 };

/** Starts a webhook receiver. The first segment of the path selects its response, which contains canaries. */
export async function startReceivers() {
  const received: string[] = [];
  const server = createServer((request, response) => {
    const mode = /^\/(\w+)/.exec(request.url ?? '')?.[1] ?? '';
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      received.push(`${request.url} ${body}`);
      if (mode === 'reset') request.socket.destroy();
      else if (mode === 'garbage') request.socket.end(`${CANARY.responseText}\r\n\r\n`);
      else {
        const headers = {
          location: `/${CANARY.token}`,
          'retry-after': CANARY.responseText,
          'x-said': CANARY.responseText,
        };
        response.writeHead(STATUS[mode] ?? 404, headers).end(CANARY.responseText);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = (mode: string) => `http://127.0.0.1:${port}/${mode}?token=${CANARY.token}`;
  return {
    received,
    url,
    /** One URL for each possible result of an attempt. */
    urls: () => [
      ...['ok', 'moved', 'gone', '500', 'reset', 'garbage'].map(url),
      url('ok').replace('http:', 'https:'),
      `http://10.0.0.1/?token=${CANARY.token}`,
      `http://${CANARY.host}/?token=${CANARY.token}`,
      `http://user:${CANARY.token}@127.0.0.1:${port}/`,
      `http://127.0.0.1:1/?token=${CANARY.token}`,
    ],
    close: () => void server.close(),
  };
}

export type Receivers = Awaited<ReturnType<typeof startReceivers>>;
