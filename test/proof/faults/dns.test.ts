import { describe, expect } from 'vitest';
import { createResolve } from '../../../lambdas/delivery/address-guard.ts';
import { createSender } from '../../../lambdas/delivery/send.ts';
import { nameServer } from '../../name-server.ts';
import { until, virtualTime } from '../../time.ts';
import { withWebhook } from '../guard/webhook.ts';
import { fault } from './fault.ts';
import { rawServer } from './servers.ts';

/** Three tries of 0.6 s. Each try requests both address families at once. */
const HANGS_MS = 3 * 600;
/** The resolver's timer and the clock of this test round differently. */
const ROUNDING_MS = 5;
/** A timeout so long that a try always ends with a response, even on a machine that is blocked for seconds. */
const RESPONDS_MS = 120_000;

describe('a host name', () => {
  fault(8, async () => {
    const { port, connections } = await rawServer((socket) => socket.end());
    const url = `https://rebinding.example.com:${port}/`;
    const { state, rows, run, endpointOf, deliverEvent } = await withWebhook({ url });
    expect(await endpointOf()).toMatchObject({ url, status: 'active' });

    state.addresses['rebinding.example.com'] = ['127.0.0.1'];
    const { result, attempt } = await deliverEvent();
    expect(attempt).toMatchObject({ number: 1, error_class: 'blocked_address' });
    expect(result).toMatchObject({ outcome: 'blocked', attempt: 1, delay_seconds: 0 });
    const [delivery] = rows('delivery');
    expect(delivery).toMatchObject({ status: 'blocked', attempt_count: 1, completed_at: expect.any(String) });
    expect(delivery).not.toHaveProperty('next_attempt_at');
    // Starting its state machine again makes no further attempt.
    expect((await run(result)).result.outcome).toBe('blocked');
    expect(rows('attempt')).toHaveLength(1);
    const { failures } = await endpointOf();
    expect([failures, connections()]).toEqual([1, 0]);
    return `created while the name was public; then ${attempt?.error_class}, outcome ${result.outcome} after ${rows('attempt').length} attempt, failure ${failures} of the endpoint; ${connections()} connections`;
  });

  fault(9, async () => {
    const { port, connections } = await rawServer((socket) => socket.end());
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
    // The deadline of the attempt is stopped, so that only the resolver ends the attempt, even on a slow machine.
    virtualTime();
    const observed: string[] = [];
    for (const [response, tries] of [
      ['NXDOMAIN', 1],
      ['SERVFAIL', 3],
      ['nothing', 3],
    ] as const) {
      const { address, queries } = await nameServer(() => response);
      // Only a server that does not respond meets the product's own timeout.
      const resolve =
        response === 'nothing' ? createResolve([address]) : createResolve([address], RESPONDS_MS);
      const { rows, deliverEvent } = await withWebhook({ resolve });
      const startedMs = performance.now();
      const { result, attempt } = await deliverEvent();
      const tookMs = performance.now() - startedMs;
      expect(attempt).toMatchObject({ number: 1, error_class: 'dns_error' });
      await until(`${tries} queries`, () => (queries.A + queries.AAAA >= 2 * tries ? true : undefined));
      expect([response, queries]).toEqual([response, { A: tries, AAAA: tries }]);
      if (response === 'nothing') {
        expect(tookMs).toBeGreaterThanOrEqual(HANGS_MS - ROUNDING_MS);
        expect(tookMs).toBeLessThan(10 * HANGS_MS);
      }
      expect(result).toMatchObject({ outcome: 'retry', attempt: 2, delay_seconds: 60 });
      expect(rows('delivery')).toMatchObject([{ status: 'retrying', attempt_count: 1 }]);
      const queryCount = tries === 1 ? '1 query' : `${tries} queries`;
      const after = response === 'nothing' ? ` after ${Math.round(tookMs)} ms` : '';
      const name = response === 'nothing' ? 'no response' : response;
      observed.push(
        `${name}: ${queryCount} for each address family, dns_error${after}, counted, ${result.outcome}`,
      );
    }
    return observed.join('; ');
  });
});
