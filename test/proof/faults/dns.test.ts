import { describe, expect } from 'vitest';
import { createResolve } from '../../../lambdas/delivery/address-guard.ts';
import { createSender } from '../../../lambdas/delivery/send.ts';
import { nameServer } from '../../name-server.ts';
import { until, virtualTime } from '../../time.ts';
import { withWebhook } from '../guard/webhook.ts';
import { fault } from './fault.ts';
import { raw } from './servers.ts';

/** Three tries of 0.6 s; both families are asked for at once. */
const HANGS_MS = 3 * 600;
/** A timer of the resolver and the clock of this test round differently. */
const EARLY_MS = 5;
/** A try of the resolver that lasts so long ends by an answer, also on a machine that stands still for seconds. */
const ANSWERS_MS = 120_000;

describe('a name', () => {
  fault(8, async () => {
    const { port, connections } = await raw((socket) => socket.end());
    const url = `https://rebinding.example.com:${port}/`;
    const { state, rows, run, endpointOf, delivered } = await withWebhook({ url });
    expect(await endpointOf()).toMatchObject({ url, status: 'active' });

    state.addresses['rebinding.example.com'] = ['127.0.0.1'];
    const { result, attempt } = await delivered();
    expect(attempt).toMatchObject({ number: 1, error_class: 'blocked_address' });
    expect(result).toMatchObject({ outcome: 'blocked', attempt: 1, delay_seconds: 0 });
    const [delivery] = rows('delivery');
    expect(delivery).toMatchObject({ status: 'blocked', attempt_count: 1, completed_at: expect.any(String) });
    expect(delivery).not.toHaveProperty('next_attempt_at');
    // Nor is there another attempt when its machine is started once more.
    expect((await run(result)).result.outcome).toBe('blocked');
    expect(rows('attempt')).toHaveLength(1);
    const { failures } = await endpointOf();
    expect([failures, connections()]).toEqual([1, 0]);
    return `created while public; then ${attempt?.error_class}, ${result.outcome} for good with ${rows('attempt').length} attempt, counted as failure ${failures} of its endpoint; ${connections()} connections`;
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
        createSender({ allowLoopback: false, resolve: () => Promise.resolve(mix) })({
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
    // The deadline of an attempt stands still: what ends the attempt is the resolver, however slow this machine is.
    virtualTime();
    const seen: string[] = [];
    for (const [answer, asks] of [
      ['NXDOMAIN', 1],
      ['SERVFAIL', 3],
      ['nothing', 3],
    ] as const) {
      const { address, queries } = await nameServer(() => answer);
      // A server that answers is waited for; only the one that says nothing meets the real end of a try.
      const resolve = answer === 'nothing' ? createResolve([address]) : createResolve([address], ANSWERS_MS);
      const { rows, delivered } = await withWebhook({ resolve });
      const startedMs = performance.now();
      const { result, attempt } = await delivered();
      const tookMs = performance.now() - startedMs;
      expect(attempt).toMatchObject({ number: 1, error_class: 'dns_error' });
      await until(`${asks} questions`, () => (queries.A + queries.AAAA >= 2 * asks ? true : undefined));
      expect([answer, queries]).toEqual([answer, { A: asks, AAAA: asks }]);
      if (answer === 'nothing') {
        expect(tookMs).toBeGreaterThanOrEqual(HANGS_MS - EARLY_MS);
        expect(tookMs).toBeLessThan(10 * HANGS_MS);
      }
      expect(result).toMatchObject({ outcome: 'retry', attempt: 2, delay_seconds: 60 });
      expect(rows('delivery')).toMatchObject([{ status: 'retrying', attempt_count: 1 }]);
      const times = asks === 1 ? 'asked once' : `asked ${asks} times`;
      const after = answer === 'nothing' ? ` after ${Math.round(tookMs)} ms` : '';
      seen.push(`${answer}: ${times} for each family, dns_error${after}, counted, ${result.outcome}`);
    }
    return seen.join('; ');
  });
});
