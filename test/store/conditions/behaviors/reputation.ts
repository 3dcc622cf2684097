/** The states of the reputation guard. */
import { expect } from 'vitest';
import { initialScope } from '../../../../lambdas/core/reputation/decide.ts';
import { pausedByPerson, resumedByPerson } from '../../../../lambdas/core/reputation/manual.ts';
import {
  listReputationHistory,
  readReputationState,
  transition,
} from '../../../../lambdas/store/reputation.ts';
import type { ScopeState } from '../../../../lambdas/core/reputation/types.ts';
import { WORKSPACE_ID } from '../../../../sim/builders/events.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const AT = '2026-02-25T12:00:00Z';
const NEW = initialScope(null);
const PAUSED = pausedByPerson(NEW, { by: 'key_1', nowMs: Date.parse(AT) });
const COUNTS = { sent: 9, delivered: 7, bounced: 2, complained: 1 };
const RESUMED = resumedByPerson(PAUSED, {
  by: 'key_2',
  nowMs: Date.parse(AT),
  graceHours: 0,
  counts: COUNTS,
});

const store = (table: SimulatedTable, previous: ScopeState, next: ScopeState) =>
  transition(table, {
    workspaceId: WORKSPACE_ID,
    previous,
    next,
    at: AT,
    event: { id: `evt_${next.changed_by}`, row: { pk: 'event', sk: next.changed_by } },
  });
const eventsIn = (table: SimulatedTable) => [...table.rows.values()].filter(({ pk }) => pk === 'event');
const historyOf = async (table: SimulatedTable) =>
  (await listReputationHistory(table, { workspaceId: WORKSPACE_ID, limit: 10 })).items;

export const REPUTATION: readonly Behavior[] = [
  behavior('the first change of a scope is stored with its history and its event', async (table) => {
    expect(await store(table, NEW, PAUSED)).toBe(true);
    expect(await readReputationState(table, WORKSPACE_ID)).toEqual(PAUSED);
    expect(await historyOf(table)).toMatchObject([{ from: 'ok', to: 'paused', event_id: 'evt_key_1' }]);
    expect(eventsIn(table)).toHaveLength(1);
  }),
  behavior('the first change of a scope is made by one of two processes', async (table) => {
    await store(table, NEW, PAUSED);
    expect(await store(table, NEW, { ...PAUSED, changed_by: 'guard' })).toBe(false);
    expect(await readReputationState(table, WORKSPACE_ID)).toEqual(PAUSED);
    expect([eventsIn(table).length, (await historyOf(table)).length]).toEqual([1, 1]);
  }),
  behavior('each later change is made by one of two processes', async (table) => {
    await store(table, NEW, PAUSED);
    expect(await store(table, PAUSED, RESUMED)).toBe(true);
    expect(await store(table, PAUSED, { ...RESUMED, changed_by: 'guard' })).toBe(false);
    expect(await readReputationState(table, WORKSPACE_ID)).toEqual(RESUMED);
    expect([eventsIn(table).length, (await historyOf(table)).length]).toEqual([2, 2]);
  }),
];
