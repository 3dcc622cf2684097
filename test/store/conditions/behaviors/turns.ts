/** The turns of an endpoint that hangs: at most one group starts in each interval. */
import { expect } from 'vitest';
import { reserveTurn } from '../../../../lambdas/store/endpoint-turns.ts';
import { endpointKey } from '../../../../lambdas/store/keys.ts';
import { anEndpoint } from '../../../../sim/builders/events.ts';
import { putEndpoint } from '../../../../sim/builders/rows.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const NOW_MS = 1_000_000;
const SPACING_MS = 5_000;
const ENDPOINT = anEndpoint();
const KEY = endpointKey(ENDPOINT.workspace_id, ENDPOINT.id);

const reserve = (table: SimulatedTable, nowMs = NOW_MS) =>
  reserveTurn(table, ENDPOINT, { nowMs, spacingMs: SPACING_MS });
const rowOf = (table: SimulatedTable) => table.rows.get(`${KEY.pk}\n${KEY.sk}`);

/** Another group reserves a turn, between the two writes of the function. */
function reserveBetween(table: SimulatedTable, nextTurnMs: number): void {
  let updates = 0;
  table.before = (command) => {
    if (command !== 'UpdateCommand' || (updates += 1) !== 2) return;
    Object.assign(rowOf(table) ?? {}, { next_turn_ms: nextTurnMs });
  };
}

export const TURNS: readonly Behavior[] = [
  behavior('groups that need a turn at the same time get one every 5 s', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect([await reserve(table), await reserve(table), await reserve(table)]).toEqual([
      NOW_MS,
      NOW_MS + SPACING_MS,
      NOW_MS + 2 * SPACING_MS,
    ]);
  }),
  behavior('a turn is not later than now if the reserved turns are over', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await reserve(table);
    const laterMs = NOW_MS + SPACING_MS + 1;
    expect(await reserve(table, laterMs)).toBe(laterMs);
    expect(await reserve(table, laterMs)).toBe(laterMs + SPACING_MS);
  }),
  behavior('a turn that is due now costs one write', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await reserve(table);
    table.calls.length = 0;
    expect(await reserve(table, NOW_MS + SPACING_MS)).toBe(NOW_MS + SPACING_MS);
    expect(table.calls).toEqual(['UpdateCommand']);
    expect(rowOf(table)).toMatchObject({ next_turn_ms: NOW_MS + 2 * SPACING_MS });
  }),
  ...[0, 1].map((aheadMs) =>
    behavior(
      `two groups share a turn that both reserve, ${aheadMs} ms ahead, and skip none`,
      async (table) => {
        await putEndpoint(table, ENDPOINT);
        reserveBetween(table, NOW_MS + aheadMs);
        expect(await reserve(table)).toBe(NOW_MS);
        expect(rowOf(table)).toMatchObject({ next_turn_ms: NOW_MS + aheadMs });
      },
    ),
  ),
  behavior('a deleted endpoint is not created again by a turn', async (table) => {
    expect(await reserve(table)).toBe(NOW_MS);
    expect(table.rows.size).toBe(0);
  }),
];
