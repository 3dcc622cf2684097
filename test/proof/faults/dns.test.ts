import { describe, expect } from 'vitest';
import { decideOutcome } from '../../../lambdas/core/outcome.ts';
import { createResolve } from '../../../lambdas/delivery/address-guard.ts';
import { createSender } from '../../../lambdas/delivery/send.ts';
import { aTask, anEndpoint, anEvent } from '../../builders/events.ts';
import { nameServer } from '../../fakes/name-server.ts';
import { fault } from './fault.ts';
import { raw } from './servers.ts';

/** A name whose first answer is the first of these, and so on; the last one stays. */
function answering(
  ...answers: readonly (readonly string[])[]
): (hostname: string) => Promise<readonly string[]> {
  let asked = 0;
  return () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)] ?? []);
}

describe('a name', () => {
  fault(8, async () => {
    const { port, connections } = await raw((socket) => socket.end());
    const resolve = answering(['93.184.216.34'], ['127.0.0.1']);
    expect(await resolve('rebinding.example.com')).toEqual(['93.184.216.34']);
    const send = createSender({ allowLoopback: false, resolve, deadlineMs: 1_000 });
    const result = await send({ url: `https://rebinding.example.com:${port}/`, headers: {}, body: '' });
    expect(result.error_class).toBe('blocked_address');
    expect(connections()).toBe(0);
    return `${result.error_class}, ${connections()} connections`;
  });

  fault(9, async () => {
    const { port, connections } = await raw((socket) => socket.end());
    const mixes = [
      ['93.184.216.34', '127.0.0.1'],
      ['127.0.0.1', '93.184.216.34'],
      ['2606:4700::1111', '::1'],
      ['93.184.216.34', '10.0.0.1'],
    ];
    const results = await Promise.all(
      mixes.map((mix) =>
        createSender({ allowLoopback: false, resolve: answering(mix), deadlineMs: 1_000 })({
          url: `https://mixed.example.com:${port}/`,
          headers: {},
          body: '',
        }),
      ),
    );
    expect(results.map((result) => result.error_class)).toEqual(mixes.map(() => 'blocked_address'));
    expect(connections()).toBe(0);
    return `${results.length} × blocked_address, ${connections()} connections`;
  });

  fault(10, async () => {
    const seen: string[] = [];
    for (const answer of ['NXDOMAIN', 'SERVFAIL', 'nothing'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one name server at a time
      const { address, asked } = await nameServer(() => answer);
      const send = createSender({
        allowLoopback: false,
        resolve: createResolve([address]),
        deadlineMs: 15_000,
      });
      // oxlint-disable-next-line no-await-in-loop
      const result = await send({ url: 'https://hooks.example.com/', headers: {}, body: '' });
      expect(result).toMatchObject({ error_class: 'dns_error' });
      // Far from the deadline of the attempt, though the resolver said nothing at all.
      expect(result.duration_ms).toBeLessThan(7_500);
      // A name that is not there is known at once; a server that fails is asked again, for both families.
      const questions = asked.A + asked.AAAA;
      expect(questions).toBe(answer === 'NXDOMAIN' ? 2 : 6);
      const { outcome } = decideOutcome({
        task: aTask(anEvent(), anEndpoint()),
        result,
        retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
        random: () => 0.5,
        nowMs: 0,
      });
      expect(outcome).toBe('retry');
      seen.push(`${answer}: ${result.error_class} after ${questions} questions, ${outcome}`);
    }
    return seen.join('; ');
  });
});
