import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { runEndToEndChecks } from '../../admin/end-to-end.ts';
import { deploymentOf } from './deployment.ts';

const OPTIONS = { apiKey: 'key', from: 'you@example.com', timeoutMs: 1 };
const HOUR_MS = 3_600_000;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

/** Our API, as far as doctor asks it; what is asked is kept. */
async function apiOf(answer: (asked: string, url: string) => Answer | undefined = () => undefined) {
  const asked: string[] = [];
  server = createServer((request: IncomingMessage, response) => {
    const line = `${request.method} ${request.url?.split('?')[0]}`;
    asked.push(line);
    const usual = line === 'POST /v1/webhooks' ? { id: 'ep_new', secret: 'whsec_AA==' } : { data: [] };
    const { status = 200, body = usual } = answer(line, url) ?? {};
    request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(body)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, url };
}

function deleted(asked: readonly string[]): readonly string[] {
  return asked.filter((line) => line.startsWith('DELETE'));
}

describe('a test of the pipeline', () => {
  it('deletes the webhook that it made, whatever came of it', async () => {
    const { asked, url } = await apiOf();
    const checks = await runEndToEndChecks(deploymentOf({ apiUrl: url }).deployment, OPTIONS);
    expect(checks.map(({ status }) => status)).toEqual(Array(5).fill('failed'));
    expect(deleted(asked)).toEqual(['DELETE /v1/webhooks/ep_new']);
  });

  it('deletes what a doctor left who was killed, and not what one makes use of now, or anyone else', async () => {
    const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * HOUR_MS).toISOString();
    const { asked, url } = await apiOf((line, base) =>
      line === 'GET /v1/webhooks'
        ? {
            body: {
              data: [
                { id: 'ep_left', url: `${base}/probes/a`, created_at: at(1.1) },
                { id: 'ep_used', url: `${base}/probes/b`, created_at: at(0.9) },
                { id: 'ep_theirs', url: 'https://example.com/probes/c', created_at: at(99) },
              ],
            },
          }
        : undefined,
    );
    await runEndToEndChecks(deploymentOf({ apiUrl: url }).deployment, OPTIONS);
    expect(deleted(asked)).toEqual(['DELETE /v1/webhooks/ep_left', 'DELETE /v1/webhooks/ep_new']);
  });

  it('tells what it saw though its webhook cannot be deleted, and that it could not', async () => {
    const { url } = await apiOf((line) => (line.startsWith('DELETE') ? { status: 500 } : undefined));
    const checks = await runEndToEndChecks(deploymentOf({ apiUrl: url }).deployment, OPTIONS);
    expect(checks).toHaveLength(6);
    expect(checks.at(-1)).toMatchObject({
      name: 'end to end',
      status: 'failed',
      detail: expect.stringContaining('DELETE /v1/webhooks/ep_new answered 500'),
    });
  });

  it('is a check that has failed where no webhook can be made, and nothing is to be deleted', async () => {
    const { asked, url } = await apiOf((line) =>
      line === 'POST /v1/webhooks' ? { status: 422 } : undefined,
    );
    const checks = await runEndToEndChecks(deploymentOf({ apiUrl: url }).deployment, OPTIONS);
    expect(checks).toMatchObject([{ name: 'end to end', status: 'failed' }]);
    expect(deleted(asked)).toEqual([]);
  });
});

describe('withCleanUp', () => {
  /** Works until it is interrupted. */
  const SCRIPT = `
    import { setTimeout as wait } from 'node:timers/promises';
    import { withCleanUp } from './admin/interrupt.ts';
    await withCleanUp(
      async () => { console.log('working'); await wait(60_000); },
      async () => { console.log('cleaning'); await wait(300); console.log('clean'); },
    );`;

  it.each(['SIGINT', 'SIGTERM'] as const)('has cleaned up when %s ends it', async (signal) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', SCRIPT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const data of child.stdout) {
      said += String(data);
      if (said === 'working\n') child.kill(signal);
    }
    const [code] = child.exitCode === null ? ((await once(child, 'exit')) as [number]) : [child.exitCode];
    expect(said).toBe('working\ncleaning\nclean\n');
    expect(code).toBe(130);
  });
});
