import { describe, expect, it } from 'vitest';
import { listByTime } from '../../lambdas/store/list-suppressions.ts';
import { addSuppression, removeSuppression } from '../../lambdas/store/suppressions.ts';
import { ensureTimeRows } from '../../lambdas/store/suppression-times.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
const HOUR_MS = 3_600_000;

/** Stores suppressions as version 0.1.0 did: without time rows. */
async function storeOld(table: SimulatedTable, names: readonly string[]): Promise<void> {
  const old = simulatedTable();
  for (const [index, name] of names.entries())
    await addSuppression(old, {
      workspace_id: WORKSPACE_ID,
      address: `${name}@example.com`,
      reason: index % 2 === 0 ? 'bounce' : 'manual',
      created_at: new Date(Date.UTC(2026, 1, 1, index)).toISOString(),
    });
  for (const [key, { timed: _timed, ...row }] of old.rows)
    if (row['kind'] === 'suppression') table.rows.set(key, row);
}

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `user${String(index).padStart(3, '0')}`);

async function listed(table: SimulatedTable): Promise<readonly string[]> {
  const { items } = await listByTime(table, { workspaceId: WORKSPACE_ID, limit: 100 });
  return items.map(({ address }) => address.split('@')[0] ?? '');
}

const at = (ms: number) => () => ms;

describe('ensureTimeRows', () => {
  it('makes the list by time contain every suppression of an earlier version', async () => {
    const table = simulatedTable();
    await storeOld(table, names(30));
    expect(await listed(table)).toEqual([]);
    expect(await ensureTimeRows(table, WORKSPACE_ID, at(START_MS))).toBe(true);
    expect(await listed(table)).toEqual(names(30).toReversed());
  });

  it('lets such a suppression be removed completely', async () => {
    const table = simulatedTable();
    await storeOld(table, ['ann']);
    await ensureTimeRows(table, WORKSPACE_ID, at(START_MS));
    await removeSuppression(table, WORKSPACE_ID, 'ann@example.com');
    expect([...table.rows.values()].map(({ kind }) => kind)).toEqual(['suppression_passes']);
  });

  it('finds what an old function added after the first pass in a second pass an hour later, and then stops', async () => {
    const table = simulatedTable();
    await storeOld(table, ['ann']);
    await ensureTimeRows(table, WORKSPACE_ID, at(START_MS));
    await storeOld(table, ['ann', 'late']);
    await ensureTimeRows(table, WORKSPACE_ID, at(START_MS + HOUR_MS - 1));
    expect(await listed(table)).toEqual(['ann']);
    await ensureTimeRows(table, WORKSPACE_ID, at(START_MS + HOUR_MS));
    expect(await listed(table)).toEqual(['late', 'ann']);
    table.calls.length = 0;
    expect(await ensureTimeRows(table, WORKSPACE_ID, at(START_MS + 2 * HOUR_MS))).toBe(true);
    expect(table.calls).toEqual(['GetCommand']);
  });

  it('writes nothing for a suppression that has its time row', async () => {
    const table = simulatedTable();
    await addSuppression(table, {
      workspace_id: WORKSPACE_ID,
      address: 'ann@example.com',
      reason: 'manual',
      created_at: '2026-02-25T12:00:00Z',
    });
    table.calls.length = 0;
    await ensureTimeRows(table, WORKSPACE_ID, at(START_MS));
    expect(table.calls).toEqual(['GetCommand', 'QueryCommand', 'PutCommand']);
  });

  /** A clock on which each transaction takes `ms`. */
  function slowly(table: SimulatedTable, ms: number): () => number {
    let nowMs = START_MS;
    table.before = (command) => {
      if (command === 'TransactWriteCommand') nowMs += ms;
    };
    return () => nowMs;
  }

  it('stops after five seconds, and the next calls continue where it stopped', async () => {
    const table = simulatedTable();
    await storeOld(table, names(60));
    const now = slowly(table, 400);
    const complete: boolean[] = [];
    do {
      complete.push(await ensureTimeRows(table, WORKSPACE_ID, now));
    } while (!complete.at(-1));
    expect(complete).toEqual([false, false, false, true]);
    expect(await listed(table)).toEqual(names(60).toReversed());
    expect(table.calls.filter((call) => call === 'TransactWriteCommand')).toHaveLength(60);
  });

  it('does not hide the list while a long second pass is going on', async () => {
    const table = simulatedTable();
    await ensureTimeRows(table, WORKSPACE_ID, at(START_MS - HOUR_MS));
    await storeOld(table, names(20));
    const now = slowly(table, 1_000);
    expect(await ensureTimeRows(table, WORKSPACE_ID, now)).toBe(true);
    expect(await listed(table)).not.toContain('user019');
    await ensureTimeRows(table, WORKSPACE_ID, now);
    await ensureTimeRows(table, WORKSPACE_ID, now);
    expect(await listed(table)).toEqual(names(20).toReversed());
  });

  it('is repeated safely after an error', async () => {
    const table = simulatedTable();
    await storeOld(table, names(20));
    let writes = 0;
    table.before = (command) => {
      if (command !== 'TransactWriteCommand') return;
      writes += 1;
      if (writes === 10) throw Object.assign(new Error('Slow down'), { name: 'ThrottlingException' });
    };
    await expect(ensureTimeRows(table, WORKSPACE_ID, at(START_MS))).rejects.toThrow('Slow down');
    expect(await ensureTimeRows(table, WORKSPACE_ID, at(START_MS))).toBe(true);
    expect(await listed(table)).toEqual(names(20).toReversed());
  });
});
