import { describe, expect } from 'vitest';
import { createSender } from '../../../lambdas/delivery/send.ts';
import { toDelivery } from '../../../lambdas/store/deliveries.ts';
import { anEvent } from '../../../sim/builders/events.ts';
import { withWebhook } from '../guard/webhook.ts';
import { checkDeliveries, checkEvents, checkRequests } from '../ledger/ledger.ts';
import type { ReceiverBehavior } from '../../../sim/receiver.ts';
import { addEndpoint, deployment, MINUTE_MS, rows, run, sent, START_MS } from './deployment.ts';
import { fault } from './fault.ts';
import { raw } from './servers.ts';

/** Before the first retry of what failed at the start: one minute, less a fifth of it. */
const RETRY_MS = START_MS + 45_000;

describe('a receiver that', () => {
  fault(
    18,
    async () => {
      const world = deployment();
      // Slow enough for all to be on their way before the first of them says so.
      const behaviour: ReceiverBehavior = (nowMs) =>
        nowMs < RETRY_MS ? { status: 500 } : { status: 410, afterMs: 2_000 };
      const endpoint = await addEndpoint(world, 'gone', { behaviour });
      const sentAt = (count: number, atMs: number) => Array.from({ length: count }, () => sent(world, atMs));
      const published = [
        ...sentAt(4, START_MS),
        ...sentAt(3, RETRY_MS),
        ...sentAt(2, RETRY_MS + 10 * MINUTE_MS),
      ];
      await run(world, published);

      const of = (status: string) =>
        rows(world, 'delivery')
          .map(toDelivery)
          .filter((delivery) => delivery.status === status);
      expect([of('held').length, of('exhausted').length, rows(world, 'delivery').length]).toEqual([4, 3, 7]);
      for (const delivery of of('held')) {
        expect(delivery.attempt_count).toBe(1);
        expect(delivery).not.toHaveProperty('next_attempt_at');
      }
      const received = [...(world.receivers.get(endpoint.url)?.byEvent.values() ?? [])];
      expect(received.map(({ requests }) => requests)).toEqual(Array(7).fill(1));
      const told = rows(world, 'endpoint_change').map(({ action }) => action);
      expect(told).toEqual(['disabled']);
      const found = [checkEvents(world, published), checkDeliveries(world, [endpoint])];
      expect(found.flatMap(({ violations }) => violations)).toEqual([]);

      // Of two that hear it at once, one counts for the alarm.
      const both = Promise.withResolvers<undefined>();
      let asked = 0;
      const { delivered } = await withWebhook({
        async send() {
          asked += 1;
          if (asked === 2) both.resolve(undefined);
          await both.promise;
          const answer = { status_code: 410, error_class: 'http_status' } as const;
          return { started_at: '2026-02-25T12:00:00Z', duration_ms: 12, ...answer };
        },
      });
      const reports = await Promise.all(
        ['a', 'b'].map((to) => delivered(anEvent({ to: `${to}@example.com` }))),
      );
      expect(reports.map(({ endpointTransition }) => endpointTransition).toSorted()).toEqual([
        'disabled',
        'none',
      ]);
      return `${of('held').length} that waited for a retry: held, nothing more sent; ${of('exhausted').length} that heard it at once: ${told.length} line of history, counted once; of 2 later events, ${rows(world, 'delivery').length - 7} deliveries`;
    },
    'simulation',
  );

  fault(21, async () => {
    const heard: string[] = [];
    const counted = new Set<string>();
    const { port } = await raw((socket, request) => {
      const id = /^webhook-id: (\S+)\r$/m.exec(request)?.[1] ?? '';
      expect(request).toContain('"event":"bounced"');
      heard.push(id);
      counted.add(id);
      if (heard.length === 1) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
    const {
      state,
      rows: rowsOf,
      run: again,
      store,
      delivered,
    } = await withWebhook({
      send: createSender({ allowLoopback: true }),
    });
    store(`http://127.0.0.1:${port}/`);
    let { result } = await delivered();
    // As its state machine does: waits for as long as it is told to, and asks again with what it was told.
    while (result.outcome === 'retry') {
      state.nowMs += result.delay_seconds * 1000;
      ({ result } = await again(result));
    }
    expect(result.outcome).toBe('delivered');
    const attempts = rowsOf('attempt').map(({ number, error_class: error, status_code: status }) => [
      number,
      error ?? status,
    ]);
    expect(attempts).toEqual([
      [1, 'connection_reset'],
      [2, 200],
    ]);
    expect(rowsOf('delivery')).toMatchObject([{ status: 'delivered', attempt_count: 2 }]);
    expect(heard).toEqual([anEvent().event_id, anEvent().event_id]);
    expect(counted.size).toBe(1);
    return `attempts: ${attempts.map(([, each]) => each).join(', ')}; ${heard.length} requests over sockets, counted by webhook-id: ${counted.size}; ${result.outcome}`;
  });

  fault(
    21,
    async () => {
      const world = deployment();
      // It takes all that comes before the first retry is due, and says so to nobody.
      const endpoint = await addEndpoint(world, 'drops', {
        behaviour: (nowMs) => (nowMs < RETRY_MS ? { status: 200, error: 'connection_reset' } : {}),
      });
      const published = Array.from({ length: 5 }, () => sent(world, START_MS));
      await run(world, published);
      const endpoints = [endpoint];
      const found = [
        checkEvents(world, published),
        checkDeliveries(world, endpoints, new Set(['delivered'])),
        checkRequests(world, endpoints),
      ];
      expect(found.flatMap(({ violations }) => violations)).toEqual([]);
      const received = [...(world.receivers.get(endpoint.url)?.byEvent.values() ?? [])];
      expect(received.map(({ requests, taken }) => [requests, taken])).toEqual(published.map(() => [2, 2]));
      const classes = (attempt: number) =>
        rows(world, 'attempt')
          .filter(({ number }) => number === attempt)
          .map(({ error_class: errorClass }) => errorClass);
      expect(classes(1)).toEqual(published.map(() => 'connection_reset'));
      expect(classes(2)).toEqual(published.map(() => undefined));
      return `${published.length} events from SQS on, each taken twice by one webhook-id, ${rows(world, 'attempt').length} attempts recorded, all delivered`;
    },
    'simulation',
  );
});
