import { describe, expect } from 'vitest';
import { createSender } from '../../../lambdas/delivery/send.ts';
import { toDelivery } from '../../../lambdas/store/deliveries.ts';
import { anEvent } from '../../../sim/builders/events.ts';
import { withWebhook } from '../guard/webhook.ts';
import { checkDeliveries, checkEvents, checkRequests } from '../ledger/ledger.ts';
import type { ReceiverBehavior } from '../../../sim/receiver.ts';
import { createDeployment } from './deployment.ts';
import { addEndpoint, MINUTE_MS, rows, run, sent, START_MS } from '../../../sim/builders/deployment.ts';
import { fault } from './fault.ts';
import { rawServer } from './servers.ts';

/** Just before the first retry of an attempt that failed at the start: one minute, minus the jitter of a fifth. */
const RETRY_MS = START_MS + 45_000;

describe('a receiver', () => {
  fault(
    18,
    async () => {
      const deployment = createDeployment();
      // Slow enough that all requests are in progress before the first response.
      const behavior: ReceiverBehavior = (nowMs) =>
        nowMs < RETRY_MS ? { status: 500 } : { status: 410, afterMs: 2_000 };
      const endpoint = await addEndpoint(deployment, 'gone', { behavior });
      const sentAt = (count: number, atMs: number) =>
        Array.from({ length: count }, () => sent(deployment, atMs));
      const published = [
        ...sentAt(4, START_MS),
        ...sentAt(3, RETRY_MS),
        ...sentAt(2, RETRY_MS + 10 * MINUTE_MS),
      ];
      await run(deployment, published);

      const withStatus = (status: string) =>
        rows(deployment, 'delivery')
          .map(toDelivery)
          .filter((delivery) => delivery.status === status);
      expect([
        withStatus('held').length,
        withStatus('exhausted').length,
        rows(deployment, 'delivery').length,
      ]).toEqual([4, 3, 7]);
      for (const delivery of withStatus('held')) {
        expect(delivery.attempt_count).toBe(1);
        expect(delivery).not.toHaveProperty('next_attempt_at');
      }
      const received = [...(deployment.receivers.get(endpoint.url)?.receivedByEvent.values() ?? [])];
      expect(received.map(({ requests }) => requests)).toEqual(Array(7).fill(1));
      const history = rows(deployment, 'endpoint_change').map(({ action }) => action);
      expect(history).toEqual(['disabled']);
      const checks = [checkEvents(deployment, published), checkDeliveries(deployment, [endpoint])];
      expect(checks.flatMap(({ violations }) => violations)).toEqual([]);

      // If two attempts get a 410 at once, only one counts for the alarm.
      const both = Promise.withResolvers<undefined>();
      let requests = 0;
      const { deliverEvent } = await withWebhook({
        async send() {
          requests += 1;
          if (requests === 2) both.resolve(undefined);
          await both.promise;
          const response = { status_code: 410, error_class: 'http_status' } as const;
          return { started_at: '2026-02-25T12:00:00Z', duration_ms: 12, ...response };
        },
      });
      const reports = await Promise.all(
        ['a', 'b'].map((to) => deliverEvent(anEvent({ to: `${to}@example.com` }))),
      );
      expect(reports.map(({ endpointTransition }) => endpointTransition).toSorted()).toEqual([
        'disabled',
        'none',
      ]);
      return `${withStatus('held').length} deliveries that waited for a retry: held, nothing more sent; ${withStatus('exhausted').length} concurrent attempts with 410: ${history.length} entry in the endpoint history, counted once; ${rows(deployment, 'delivery').length - 7} deliveries for 2 later events`;
    },
    'simulation',
  );

  fault(21, async () => {
    const receivedIds: string[] = [];
    const uniqueIds = new Set<string>();
    const { port } = await rawServer((socket, request) => {
      const id = /^webhook-id: (\S+)\r$/m.exec(request)?.[1] ?? '';
      expect(request).toContain('"event":"bounced"');
      receivedIds.push(id);
      uniqueIds.add(id);
      if (receivedIds.length === 1) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
    const {
      state,
      rows: rowsOf,
      run: runTask,
      store,
      deliverEvent,
    } = await withWebhook({
      send: createSender({ allowLoopback: true }),
    });
    store(`http://127.0.0.1:${port}/`);
    let { result } = await deliverEvent();
    // Does what the state machine does: waits for the returned delay, and calls the function with the returned task.
    while (result.outcome === 'retry') {
      state.nowMs += result.delay_seconds * 1000;
      ({ result } = await runTask(result));
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
    expect(receivedIds).toEqual([anEvent().event_id, anEvent().event_id]);
    expect(uniqueIds.size).toBe(1);
    return `attempts: ${attempts.map(([, each]) => each).join(', ')}; ${receivedIds.length} requests over sockets with ${uniqueIds.size} webhook-id; ${result.outcome}`;
  });

  fault(
    21,
    async () => {
      const deployment = createDeployment();
      // Until the first retry is due, the receiver accepts every request, and the connection is reset before its response arrives.
      const endpoint = await addEndpoint(deployment, 'drops', {
        behavior: (nowMs) => (nowMs < RETRY_MS ? { status: 200, error: 'connection_reset' } : {}),
      });
      const published = Array.from({ length: 5 }, () => sent(deployment, START_MS));
      await run(deployment, published);
      const endpoints = [endpoint];
      const checks = [
        checkEvents(deployment, published),
        checkDeliveries(deployment, endpoints, new Set(['delivered'])),
        checkRequests(deployment, endpoints),
      ];
      expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
      const received = [...(deployment.receivers.get(endpoint.url)?.receivedByEvent.values() ?? [])];
      expect(received.map(({ requests, accepted }) => [requests, accepted])).toEqual(
        published.map(() => [2, 2]),
      );
      const classes = (attempt: number) =>
        rows(deployment, 'attempt')
          .filter(({ number }) => number === attempt)
          .map(({ error_class: errorClass }) => errorClass);
      expect(classes(1)).toEqual(published.map(() => 'connection_reset'));
      expect(classes(2)).toEqual(published.map(() => undefined));
      return `${published.length} events through the whole pipeline, each accepted twice with one webhook-id, ${rows(deployment, 'attempt').length} attempts recorded, all delivered`;
    },
    'simulation',
  );
});
