/** The sender in a process of its own: what it takes of memory and sockets is its alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSender } from '../../../lambdas/delivery/send.ts';
import type { SenderRequest, Job, AttemptReport } from './messages.ts';

const DEADLINE_MS = Number(process.env['DEADLINE_MS']);
const IDLE_MS = 200;

const send = createSender({
  allowLoopback: true,
  deadlineMs: DEADLINE_MS,
  idleMs: IDLE_MS,
  resolve: () => Promise.resolve(['127.0.0.1']),
  ca: readFileSync(join(import.meta.dirname, '../../fixtures/tls/certificate.pem'), 'utf8'),
});
const headers = { 'content-length': '2', 'webhook-id': 'evt_a' };

async function attempt({ name, url }: Job): Promise<AttemptReport> {
  const result = await send({ url, headers, body: '{}' });
  return { name, comesTo: result.error_class ?? 'delivered', ms: result.duration_ms };
}

/** All of the jobs, so many at a time. */
async function attemptAll(jobs: readonly Job[], parallel: number): Promise<readonly AttemptReport[]> {
  const told: AttemptReport[] = [];
  const left = jobs.values();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (const job of left) told.push(await attempt(job));
    }),
  );
  return told;
}

/** One after the other until the others are done. */
async function attemptMeanwhile(job: Job, others: Promise<unknown>): Promise<readonly AttemptReport[]> {
  const work = { over: false };
  void others.finally(() => (work.over = true));
  const told: AttemptReport[] = [];
  while (!work.over) {
    told.push(await attempt(job));
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  return told;
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCPSocketWrap|TLSWrap|TCPConnectWrap/.test(name))
    .length;
}

process.on('unhandledRejection', (error) => {
  console.error(error);
  process.exit(1);
});

process.on('message', (asked: SenderRequest) => {
  void (async () => {
    if (asked.ask === 'state') {
      globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      const peak = process.resourceUsage().maxRSS * 1024;
      process.send?.({ rss, peak, heapUsed, sockets: sockets() });
      return;
    }
    const all = attemptAll(asked.jobs, asked.parallel);
    const healthy = asked.healthy ? await attemptMeanwhile(asked.healthy, all) : [];
    process.send?.({ told: await all, healthy });
  })();
});
