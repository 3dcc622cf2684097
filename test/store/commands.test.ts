import { describe, expect, it } from 'vitest';
import type { Command, Recovery } from '../../lambdas/core/commands.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import {
  advanceRecovery,
  commandRow,
  getCommand,
  getRecovery,
  putCommand,
  putRecovery,
  toCommand,
} from '../../lambdas/store/commands.ts';
import { commandKey } from '../../lambdas/store/keys.ts';
import { WORKSPACE_ID, anEndpoint } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const AT = '2026-02-25T12:00:00Z';
const THIRTY_DAYS_LATER = Date.parse('2026-03-27T12:00:00Z') / 1000;
const endpointId = anEndpoint().id;
const DRAIN: Command = {
  command: 'drain',
  endpoint_id: endpointId,
  opened_at: AT,
  id: 'req_1',
  workspace_id: WORKSPACE_ID,
};
const RECOVERY: Recovery = {
  id: deterministicId('rcv', ['first']),
  workspace_id: WORKSPACE_ID,
  endpoint_id: endpointId,
  since: '2026-02-01T00:00:00Z',
  until: AT,
  status: 'running',
  count: 9,
  started: 0,
  created_at: AT,
};

const onlyRow = (table: SimulatedTable) => {
  expect(table.rows.size).toBe(1);
  return [...table.rows.values()][0];
};

function consistencyOf(table: SimulatedTable): readonly unknown[] {
  const asked: unknown[] = [];
  table.before = (command, input) => {
    if (command === 'GetCommand') asked.push(input['ConsistentRead']);
  };
  return asked;
}

describe('a command', () => {
  it('is a row of its kind, kept for thirty days', async () => {
    const table = simulatedTable();
    await putCommand(table, DRAIN, AT);
    expect(onlyRow(table)).toStrictEqual({
      ...commandKey(WORKSPACE_ID, 'req_1'),
      kind: 'command',
      command: 'drain',
      endpoint_id: endpointId,
      opened_at: AT,
      id: 'req_1',
      ttl: THIRTY_DAYS_LATER,
    });
  });

  it('is read from its row as it was put', async () => {
    const table = simulatedTable();
    const consistent = consistencyOf(table);
    await putCommand(table, DRAIN, AT);
    expect(toCommand(commandRow(DRAIN, AT))).toStrictEqual(DRAIN);
    expect(await getCommand(table, WORKSPACE_ID, DRAIN.id)).toStrictEqual(DRAIN);
    expect(await getCommand(table, WORKSPACE_ID, 'req_2')).toBeUndefined();
    expect(consistent).toEqual([true, true]);
  });

  it('of a row whose key names no workspace belongs to none', () => {
    expect(toCommand({ pk: 'X', sk: 'X' }).workspace_id).toBe('');
  });
});

describe('a recovery', () => {
  it('is the row of its command, too', async () => {
    const table = simulatedTable();
    await putRecovery(table, RECOVERY);
    const { workspace_id: _workspaceId, ...fields } = RECOVERY;
    expect(onlyRow(table)).toStrictEqual({
      ...commandKey(WORKSPACE_ID, RECOVERY.id),
      kind: 'command',
      command: 'recover',
      ...fields,
      ttl: THIRTY_DAYS_LATER,
    });
    expect(await getRecovery(table, WORKSPACE_ID, RECOVERY.id)).toStrictEqual({ recovery: RECOVERY });
  });

  it('is no other command, and none that does not exist', async () => {
    const table = simulatedTable();
    await putCommand(table, DRAIN, AT);
    expect(await getRecovery(table, WORKSPACE_ID, DRAIN.id)).toBeUndefined();
    expect(await getRecovery(table, WORKSPACE_ID, RECOVERY.id)).toBeUndefined();
  });

  it('goes on step by step, and ends', async () => {
    const table = simulatedTable();
    await putRecovery(table, RECOVERY);
    await advanceRecovery(table, { recovery: RECOVERY }, { position: 'E#1', started: 3, status: 'running' });
    expect(await getRecovery(table, WORKSPACE_ID, RECOVERY.id)).toStrictEqual({
      recovery: { ...RECOVERY, started: 3 },
      position: 'E#1',
    });
    const end = { started: 5, status: 'completed', completedAt: AT } as const;
    await advanceRecovery(table, { recovery: RECOVERY, position: 'E#1' }, end);
    expect(await getRecovery(table, WORKSPACE_ID, RECOVERY.id)).toStrictEqual({
      recovery: { ...RECOVERY, started: 5, status: 'completed', completed_at: AT },
      position: 'E#1',
    });
  });

  it('that ends at its first step has no position', async () => {
    const table = simulatedTable();
    await putRecovery(table, RECOVERY);
    await advanceRecovery(table, { recovery: RECOVERY }, { started: 0, status: 'running' });
    const stored = await getRecovery(table, WORKSPACE_ID, RECOVERY.id);
    expect(stored).toStrictEqual({ recovery: RECOVERY });
  });

  it('reports a fault of the table instead of a step that ran before', async () => {
    const table = simulatedTable();
    table.before = () => {
      throw new Error('Slow down');
    };
    const step = { started: 1, status: 'running' } as const;
    await expect(advanceRecovery(table, { recovery: RECOVERY }, step)).rejects.toThrow('Slow down');
  });
});
