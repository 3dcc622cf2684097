import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { runEndToEndChecks } from '../../admin/end-to-end.ts';
import { createTestDeployment } from './deployment.ts';

const OPTIONS = { apiKey: 'key', from: 'you@example.com', timeoutMs: 1 };
const HOUR_MS = 3_600_000;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface SimulatedResponse {
  readonly status?: number;
  readonly body?: unknown;
}

/** Starts a simulated API with the routes that doctor calls. It records every request. `override` changes a response. */
async function startApi(
  override: (line: string, url: string) => SimulatedResponse | undefined = () => undefined,
) {
  const requests: string[] = [];
  server = createServer((request: IncomingMessage, response) => {
    const line = `${request.method} ${request.url?.split('?')[0]}`;
    requests.push(line);
    const defaultBody = line === 'POST /v1/webhooks' ? { id: 'ep_new', secret: 'whsec_AA==' } : { data: [] };
    const { status = 200, body = defaultBody } = override(line, url) ?? {};
    request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(body)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { requests, url };
}

function deletions(requests: readonly string[]): readonly string[] {
  return requests.filter((line) => line.startsWith('DELETE'));
}

describe('the end-to-end check', () => {
  it('deletes the webhook that it created, even if every email fails', async () => {
    const { requests, url } = await startApi();
    const checks = await runEndToEndChecks(createTestDeployment({ apiUrl: url }).deployment, OPTIONS);
    expect(checks.map(({ status }) => status)).toEqual(Array(5).fill('failed'));
    expect(deletions(requests)).toEqual(['DELETE /v1/webhooks/ep_new']);
  });

  it('deletes the webhook of a doctor that was killed, but not of a running doctor or of another user', async () => {
    const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * HOUR_MS).toISOString();
    const { requests, url } = await startApi((line, base) =>
      line === 'GET /v1/webhooks'
        ? {
            body: {
              data: [
                { id: 'ep_stale', url: `${base}/probes/a`, created_at: at(1.1) },
                { id: 'ep_in_use', url: `${base}/probes/b`, created_at: at(0.9) },
                { id: 'ep_customer', url: 'https://example.com/probes/c', created_at: at(99) },
              ],
            },
          }
        : undefined,
    );
    await runEndToEndChecks(createTestDeployment({ apiUrl: url }).deployment, OPTIONS);
    expect(deletions(requests)).toEqual(['DELETE /v1/webhooks/ep_stale', 'DELETE /v1/webhooks/ep_new']);
  });

  it('reports every check and the failed deletion if its webhook cannot be deleted', async () => {
    const { url } = await startApi((line) => (line.startsWith('DELETE') ? { status: 500 } : undefined));
    const checks = await runEndToEndChecks(createTestDeployment({ apiUrl: url }).deployment, OPTIONS);
    expect(checks).toHaveLength(6);
    expect(checks.at(-1)).toMatchObject({
      name: 'end to end',
      status: 'failed',
      detail: expect.stringContaining('DELETE /v1/webhooks/ep_new responded with 500'),
    });
  });

  it('reports one failed check and deletes nothing if no webhook can be created', async () => {
    const { requests, url } = await startApi((line) =>
      line === 'POST /v1/webhooks' ? { status: 422 } : undefined,
    );
    const checks = await runEndToEndChecks(createTestDeployment({ apiUrl: url }).deployment, OPTIONS);
    expect(checks).toMatchObject([{ name: 'end to end', status: 'failed' }]);
    expect(deletions(requests)).toEqual([]);
  });
});

describe('withCleanup', () => {
  /** A program that runs until it is interrupted. */
  const SCRIPT = `
    import { setTimeout as wait } from 'node:timers/promises';
    import { withCleanup } from './admin/interrupt.ts';
    await withCleanup(
      async () => { console.log('working'); await wait(60_000); },
      async () => { console.log('cleaning'); await wait(300); console.log('clean'); },
    );`;

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'completes its cleanup before %s ends the process',
    async (signal) => {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', SCRIPT], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      for await (const data of child.stdout) {
        output += String(data);
        if (output === 'working\n') child.kill(signal);
      }
      const [code] = child.exitCode === null ? ((await once(child, 'exit')) as [number]) : [child.exitCode];
      expect(output).toBe('working\ncleaning\nclean\n');
      expect(code).toBe(130);
    },
  );
});
