/** The slots of an endpoint: the invocations that its groups may occupy at the same time. */
import { expect } from 'vitest';
import { releaseSlot, takeSlot } from '../../../../lambdas/store/endpoint-slots.ts';
import { endpointKey } from '../../../../lambdas/store/keys.ts';
import { anEndpoint } from '../../../../sim/builders/events.ts';
import { putEndpoint } from '../../../../sim/builders/rows.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const NOW_MS = 1_000_000;
const UNTIL_MS = NOW_MS + 45_000;
const ENDPOINT = anEndpoint();
const KEY = endpointKey(ENDPOINT.workspace_id, ENDPOINT.id);

const take = (table: SimulatedTable, nowMs = NOW_MS, untilMs = UNTIL_MS) =>
  takeSlot(table, ENDPOINT, { slots: 2, nowMs, untilMs });
const rowOf = (table: SimulatedTable) => table.rows.get(`${KEY.pk}\n${KEY.sk}`);

export const SLOTS: readonly Behavior[] = [
  behavior('two groups get a slot, and the third one gets none', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect([await take(table), await take(table), await take(table)]).toEqual([
      { name: 'slot_0', untilMs: UNTIL_MS },
      { name: 'slot_1', untilMs: UNTIL_MS },
      undefined,
    ]);
  }),
  behavior('a slot that is given back is free at once', async (table) => {
    await putEndpoint(table, ENDPOINT);
    const [first] = [await take(table), await take(table)];
    if (first) await releaseSlot(table, ENDPOINT, first);
    expect(rowOf(table)).not.toHaveProperty('slot_0');
    expect(await take(table)).toEqual(first);
  }),
  behavior('a slot that is not given back is free when its time is over, and not before', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await take(table, NOW_MS, UNTIL_MS + 60_000);
    await take(table);
    expect(await take(table, UNTIL_MS - 1)).toBeUndefined();
    expect(await take(table, UNTIL_MS, UNTIL_MS + 45_000)).toEqual({
      name: 'slot_1',
      untilMs: UNTIL_MS + 45_000,
    });
  }),
  behavior('a group whose time is over does not give back the slot of the next one', async (table) => {
    await putEndpoint(table, ENDPOINT);
    const late = await take(table);
    await take(table, UNTIL_MS, UNTIL_MS + 45_000);
    if (late) await releaseSlot(table, ENDPOINT, late);
    expect(rowOf(table)).toMatchObject({ slot_0: UNTIL_MS + 45_000 });
  }),
  behavior('a deleted endpoint has no slot, and is not created again', async (table) => {
    expect(await take(table)).toBeUndefined();
    await releaseSlot(table, ENDPOINT, { name: 'slot_0', untilMs: UNTIL_MS });
    expect(table.rows.size).toBe(0);
  }),
];
