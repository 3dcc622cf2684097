import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { getTimeline } from '../../lambdas/store/timeline.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { holdDelivery } from '../../sim/builders/deliveries.ts';
import { aClaim, anAddressRow, putEndpoint } from '../../sim/builders/rows.ts';
import { simulatedTable } from '../../sim/table.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:00Z');
const HOUR_MS = 3_600_000;
const MESSAGE = anEvent().message_id;
const QUERY = { workspaceId: WORKSPACE_ID, messageId: MESSAGE, raw: false, nowMs: NOW_MS };

/** An event this many milliseconds before now. */
function eventBefore(ms: number, changes: Partial<EmailEvent> = {}): EmailEvent {
  return anEvent({ timestamp: new Date(NOW_MS - ms).toISOString(), ...changes });
}

/** `count` events, one per second, oldest first. The newest is one second old. */
function events(count: number): EmailEvent[] {
  return Array.from({ length: count }, (_, index) => eventBefore((count - index) * 1000));
}

async function setUp(...endpoints: readonly Endpoint[]) {
  const table = simulatedTable();
  for (const each of endpoints) await putEndpoint(table, each);
  return {
    table,
    store: (stored: readonly EmailEvent[]) =>
      putRows(
        table,
        stored.flatMap((event) => eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS })),
      ),
    claim: (stored: readonly EmailEvent[], endpoint: Endpoint, changes: object = {}) =>
      putRows(
        table,
        stored.map((event) => aClaim(event, endpoint, { nowMs: NOW_MS, ...changes })),
      ),
    hold: (event: EmailEvent, endpoint: Endpoint) =>
      holdDelivery(table, { task: aTask(event, endpoint), stored: { event, ttl: 1 }, nowMs: NOW_MS }),
    /** Counts the keys that BatchGetItem reads. */
    countKeys: () => {
      const counted = { keys: 0 };
      table.before = (command, input) => {
        const requests = input['RequestItems'] as { table: { Keys: unknown[] } };
        if (command === 'BatchGetCommand') counted.keys += requests.table.Keys.length;
      };
      return counted;
    },
  };
}

const endpoint = anEndpoint();

describe('a first attempt in progress', () => {
  it('is a pending delivery in the timeline, among the stored deliveries by time', async () => {
    const paused = anEndpoint({ status: 'paused' });
    const other = anEndpoint({ events: ['complained'] });
    const { table, store, claim, hold } = await setUp(endpoint, paused, other);
    const [first, second, third] = events(3) as [EmailEvent, EmailEvent, EmailEvent];
    await store([first, second, third]);
    await hold(first, endpoint);
    await claim([second], endpoint);
    await claim([second], other);
    await hold(third, endpoint);
    await claim([third], paused);
    const { deliveries, truncated } = await getTimeline(table, QUERY);
    const found = deliveries.map((each) => [each.event_id, each.endpoint_id, each.status]);
    expect(found.slice(0, 2)).toEqual([
      [first.event_id, endpoint.id, 'held'],
      [second.event_id, endpoint.id, 'pending'],
    ]);
    expect(new Set(found.slice(2).map(String))).toEqual(
      new Set([`${third.event_id},${endpoint.id},held`, `${third.event_id},${paused.id},pending`]),
    );
    expect(truncated).toBe(false);
  });

  it('is not searched for an event with a Delivery row', async () => {
    const { table, store, hold, countKeys } = await setUp(endpoint);
    const [first, second] = events(2) as [EmailEvent, EmailEvent];
    await store([first, second]);
    await hold(first, endpoint);
    const counted = countKeys();
    const { deliveries } = await getTimeline(table, QUERY);
    expect(deliveries).toMatchObject([{ event_id: first.event_id, status: 'held' }]);
    expect(counted.keys).toBe(1);
  });

  it('is not searched for a row of v0.1.0, which has no Delivery row after a crash', async () => {
    const { table, store } = await setUp(endpoint);
    const event = eventBefore(1000);
    await store([event]);
    await putRows(table, [anAddressRow(event, endpoint)]);
    expect((await getTimeline(table, QUERY)).deliveries).toEqual([]);
  });

  it.each(['pending', 'held'] as const)(
    'of two events with one id and different times is one delivery, here %s',
    async (status) => {
      const { table, store, hold, claim } = await setUp(endpoint);
      const event = eventBefore(1000, { event_id: deterministicId('evt', ['one']) });
      const later = { ...event, timestamp: new Date(NOW_MS - 999).toISOString() };
      await store([event, later]);
      if (status === 'held') await hold(event, endpoint);
      else await claim([event], endpoint);
      expect((await getTimeline(table, QUERY)).deliveries).toMatchObject([
        { status, event_timestamp: '2026-02-25T11:59:59Z' },
      ]);
    },
  );

  it('is searched for events of the last 25 hours, and an older timeline costs two queries', async () => {
    const { table, store, claim } = await setUp(endpoint);
    const old = eventBefore(25 * HOUR_MS);
    await store([old]);
    await claim([old], endpoint);
    table.calls.length = 0;
    expect((await getTimeline(table, QUERY)).deliveries).toEqual([]);
    expect(table.calls).toEqual(['QueryCommand', 'QueryCommand']);
    const recent = eventBefore(25 * HOUR_MS - 1);
    await store([recent]);
    await claim([recent], endpoint);
    table.calls.length = 0;
    expect((await getTimeline(table, QUERY)).deliveries).toMatchObject([{ event_id: recent.event_id }]);
    expect(table.calls.toSorted()).toEqual([
      'BatchGetCommand',
      'QueryCommand',
      'QueryCommand',
      'QueryCommand',
    ]);
  });

  it('is searched for at most 200 deliveries, the newest first, and the timeline is then truncated', async () => {
    const { table, store, claim, countKeys } = await setUp(endpoint);
    const stored = events(201);
    await store(stored);
    await claim(stored, endpoint);
    const counted = countKeys();
    const { deliveries, truncated } = await getTimeline(table, QUERY);
    expect(deliveries.map((each) => each.event_id)).toEqual(stored.slice(1).map((each) => each.event_id));
    expect(truncated).toBe(true);
    expect(counted.keys).toBe(200);
  });

  it('is searched for 200 deliveries without a truncated timeline', async () => {
    const { table, store, claim } = await setUp(endpoint);
    const stored = events(200);
    await store(stored);
    await claim(stored, endpoint);
    expect(await getTimeline(table, QUERY)).toMatchObject({ truncated: false });
  });

  it('is not a delivery whose row is among the rows that a truncated timeline does not read', async () => {
    const second = anEndpoint({ events: ['bounced'] });
    const { table, store, claim, hold, countKeys } = await setUp(endpoint, second);
    const stored = events(350);
    await store(stored);
    const inProgress = [stored[0], stored.at(-1)] as [EmailEvent, EmailEvent];
    for (const event of stored) {
      await hold(event, endpoint);
      if (!inProgress.includes(event)) await hold(event, second);
    }
    await claim(inProgress, second);
    const counted = countKeys();
    const { deliveries, truncated } = await getTimeline(table, QUERY);
    expect(truncated).toBe(true);
    // The 500 oldest and the 100 newest of the 698 rows are read.
    expect(deliveries.filter((each) => each.status === 'held')).toHaveLength(600);
    const pending = deliveries.filter((each) => each.status === 'pending');
    expect(pending.map((each) => each.event_id)).toEqual(inProgress.map((each) => each.event_id));
    expect(counted.keys).toBe(2);
  });
});
