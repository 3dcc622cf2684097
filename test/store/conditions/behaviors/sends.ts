/** Idempotency keys: a key belongs to one send for a day. */
import { expect } from 'vitest';
import { deterministicId } from '../../../../lambdas/core/ids.ts';
import {
  beginSend,
  markOutcomeUnknown,
  markEventsStored,
  releaseKey,
  settleSend,
} from '../../../../lambdas/store/idempotency.ts';
import { WORKSPACE_ID } from '../../../../sim/builders/events.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const AT = '2026-02-25T12:00:00Z';
const AT_MS = Date.parse(AT);
const DAY_MS = 86_400_000;

function aSend(id: string) {
  const intent = {
    workspace_id: WORKSPACE_ID,
    send_id: deterministicId('ivm', [id]),
    accepted: ['ann@example.com'],
    suppressed: [],
    created_at: AT,
  };
  return { key: 'order-1', intent };
}

const [MINE, OTHER] = [aSend('mine'), aSend('other')];
const OUTCOME = { outcome: { message_id: 'm' }, eventsPending: true };

const begin = (table: SimulatedTable, send: typeof MINE, nowMs = AT_MS) =>
  beginSend(table, send, { bodyHash: 'a', nowMs });

const REFUSED = { name: 'ConditionalCheckFailedException' };

export const SENDS: readonly Behavior[] = [
  behavior(
    'a second send with the same idempotency key gets the first send and does not change it',
    async (table) => {
      expect(await begin(table, MINE)).toBeUndefined();
      expect(await begin(table, OTHER)).toMatchObject({ intent: MINE.intent });
      expect(await begin(table, OTHER)).toMatchObject({ intent: MINE.intent });
    },
  ),
  behavior(
    'an idempotency key is free in the second in which it expires, and not one second earlier',
    async (table) => {
      await begin(table, MINE);
      expect(await begin(table, OTHER, AT_MS + DAY_MS - 1_000)).toMatchObject({ intent: MINE.intent });
      expect(await begin(table, OTHER, AT_MS + DAY_MS)).toBeUndefined();
      expect(await begin(table, MINE)).toMatchObject({ intent: OTHER.intent });
    },
  ),
  ...[
    { what: 'the outcome', write: (table: SimulatedTable) => settleSend(table, MINE, OUTCOME) },
    {
      what: 'the unknown outcome',
      write: (table: SimulatedTable) => markOutcomeUnknown(table, MINE),
    },
    { what: 'the end of storing events', write: (table: SimulatedTable) => markEventsStored(table, MINE) },
  ].map(({ what, write }) =>
    behavior(
      `${what} of a send is stored under its own key, and never under the key of another send`,
      async (table) => {
        await begin(table, MINE);
        await expect(write(table)).resolves.toBeUndefined();
        table.rows.clear();
        await begin(table, OTHER);
        const stored = [...table.rows.values()];
        await expect(write(table)).rejects.toMatchObject(REFUSED);
        expect([...table.rows.values()]).toEqual(stored);
        table.rows.clear();
        await expect(write(table)).rejects.toMatchObject(REFUSED);
        expect(table.rows.size).toBe(0);
      },
    ),
  ),
  behavior(
    'the release of an idempotency key can be repeated, and never releases the key of another send',
    async (table) => {
      await begin(table, MINE);
      await releaseKey(table, MINE);
      expect(table.rows.size).toBe(0);
      await releaseKey(table, MINE);
      await begin(table, OTHER);
      await expect(releaseKey(table, MINE)).rejects.toMatchObject(REFUSED);
      expect(await begin(table, MINE)).toMatchObject({ intent: OTHER.intent });
    },
  ),
];
