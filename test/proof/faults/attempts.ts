/** Makes one attempt at a receiver, and decides its outcome. */
import { decideOutcome, type Decision } from '../../../lambdas/core/outcome.ts';
import { createSender, type AttemptResult } from '../../../lambdas/delivery/send.ts';
import { aTask, anEndpoint, anEvent } from '../../../sim/builders/events.ts';
import type { TestServer } from './servers.ts';

export function post({ port }: Pick<TestServer, 'port'>): Promise<AttemptResult> {
  const send = createSender({ allowLoopback: true });
  const headers = { 'webhook-id': 'evt_a', 'content-length': '2' };
  return send({ url: `http://127.0.0.1:${port}/`, headers, body: '{}' });
}

export function decide(result: AttemptResult): Decision {
  return decideOutcome({
    task: aTask(anEvent(), anEndpoint()),
    result,
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    random: () => 0.5,
    nowMs: Date.parse('2026-02-25T12:00:00Z'),
  });
}
