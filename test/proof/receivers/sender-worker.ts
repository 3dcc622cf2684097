/** The sender in its own process, so that its memory and sockets can be measured. */
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
  return { name, outcome: result.error_class ?? 'delivered', ms: result.duration_ms };
}

/** Makes one attempt for each job, `parallel` at a time. */
async function attemptAll(jobs: readonly Job[], parallel: number): Promise<readonly AttemptReport[]> {
  const reports: AttemptReport[] = [];
  const queue = jobs.values();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (const job of queue) reports.push(await attempt(job));
    }),
  );
  return reports;
}

/** Makes one attempt after the other, until `others` has settled. */
async function attemptUntilSettled(job: Job, others: Promise<unknown>): Promise<readonly AttemptReport[]> {
  const work = { isSettled: false };
  void others.finally(() => (work.isSettled = true));
  const reports: AttemptReport[] = [];
  while (!work.isSettled) {
    reports.push(await attempt(job));
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  return reports;
}

function countSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCPSocketWrap|TLSWrap|TCPConnectWrap/.test(name))
    .length;
}

process.on('unhandledRejection', (error) => {
  console.error(error);
  process.exit(1);
});

process.on('message', (request: SenderRequest) => {
  void (async () => {
    if (request.type === 'state') {
      globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      const peak = process.resourceUsage().maxRSS * 1024;
      process.send?.({ rss, peak, heapUsed, sockets: countSockets() });
      return;
    }
    const reports = attemptAll(request.jobs, request.parallel);
    const healthy = request.healthy ? await attemptUntilSettled(request.healthy, reports) : [];
    process.send?.({ reports: await reports, healthy });
  })();
});
