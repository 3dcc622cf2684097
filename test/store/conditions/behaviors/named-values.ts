/** Counters by dimension: each place is given once, and an email is delayed for the first time once. */
import { expect } from 'vitest';
import { addToCounters, type CounterIncrement } from '../../../../lambdas/store/counter-writes.ts';
import { storeFirstDelay } from '../../../../lambdas/store/first-delays.ts';
import { dimensionCountersPartition } from '../../../../lambdas/store/keys.ts';
import { WORKSPACE_ID, anEvent } from '../../../../sim/builders/events.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const KEY = { pk: dimensionCountersPartition(WORKSPACE_ID, 'tag', 'hour'), sk: '2026-02-25T12:00:00Z' };
const RETENTION = { retentionDays: 90, receivedAtMs: 0 };

/** Adds an increment as the only records of a shard. */
function add(table: SimulatedTable, shardId: string, changes: Partial<CounterIncrement>, sequence = '1') {
  const increment: CounterIncrement = {
    kind: 'dimension_counters',
    key: KEY,
    ttl: 1,
    counts: { sent: 1 },
    ...changes,
  };
  const records = { shardId, firstSequence: sequence, lastSequence: sequence, increments: [increment] };
  return addToCounters(table, records, 0);
}

const stored = (table: SimulatedTable) => table.rows.get(`${KEY.pk}\n${KEY.sk}`);

export const NAMED_VALUES: readonly Behavior[] = [
  behavior('consecutive records of one shard are each counted once', async (table) => {
    expect(await add(table, 'a', {}, '1')).toBe('counted');
    expect(await add(table, 'a', {}, '2')).toBe('counted');
    expect(await add(table, 'a', {}, '2')).toBe('already counted');
    expect(stored(table)?.['sent']).toBe(2);
  }),
  behavior('a value gets its row once', async (table) => {
    expect(await add(table, 'a', { isNewValue: true })).toBe('counted');
    expect(await add(table, 'b', { isNewValue: true })).toBe('place taken');
    expect(await add(table, 'b', {})).toBe('counted');
    expect(stored(table)?.['sent']).toBe(2);
  }),
  behavior('an interval has 200 named values, and no more', async (table) => {
    expect(await add(table, 'a', { newValues: 1 })).toBe('counted');
    expect(await add(table, 'b', { newValues: 1 })).toBe('counted');
    for (const [shard, count] of [
      ['c', 197],
      ['d', 1],
    ] as const)
      expect(await add(table, shard, { newValues: count })).toBe('counted');
    expect(stored(table)?.['named']).toBe(200);
    expect(await add(table, 'e', { newValues: 1 })).toBe('place taken');
    expect(stored(table)).toMatchObject({ named: 200, sent: 4 });
  }),
  behavior('a slot gets one domain', async (table) => {
    const domain = (name: string) => ({ newDomains: [{ slot: 0, domain: name }] });
    expect(await add(table, 'a', domain('first.example'))).toBe('counted');
    expect(await add(table, 'b', domain('second.example'))).toBe('place taken');
    expect(stored(table)?.['n0']).toBe('first.example');
  }),
  behavior('only the first delay of an email is stored', async (table) => {
    const delay = (timestamp: string) =>
      storeFirstDelay(table, anEvent({ event: 'delayed', timestamp, details: {} }), RETENTION);
    await delay('2026-02-25T12:00:00Z');
    await delay('2026-02-25T13:00:00Z');
    const rows = [...table.rows.values()];
    expect(rows).toHaveLength(1);
    expect(String(rows[0]?.['event_sk'])).toContain('2026-02-25T12:00:00.000Z');
  }),
];
