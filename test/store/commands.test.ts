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
  const flags: unknown[] = [];
  table.before = (command, input) => {
    if (command === 'GetCommand') flags.push(input['ConsistentRead']);
  };
  return flags;
}

describe('a command', () => {
  it('is a row of the kind `command` that expires after 30 days', async () => {
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

  it('is read back as it was put', async () => {
    const table = simulatedTable();
    const consistent = consistencyOf(table);
    await putCommand(table, DRAIN, AT);
    expect(toCommand(commandRow(DRAIN, AT))).toStrictEqual(DRAIN);
    expect(await getCommand(table, WORKSPACE_ID, DRAIN.id)).toStrictEqual(DRAIN);
    expect(await getCommand(table, WORKSPACE_ID, 'req_2')).toBeUndefined();
    expect(consistent).toEqual([true, true]);
  });

  it('has no workspace if the key of its row has none', () => {
    expect(toCommand({ pk: 'X', sk: 'X' }).workspace_id).toBe('');
  });
});

describe('a recovery', () => {
  it('is stored as a row of the kind `command`', async () => {
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

  it('is undefined for another command and for an unknown id', async () => {
    const table = simulatedTable();
    await putCommand(table, DRAIN, AT);
    expect(await getRecovery(table, WORKSPACE_ID, DRAIN.id)).toBeUndefined();
    expect(await getRecovery(table, WORKSPACE_ID, RECOVERY.id)).toBeUndefined();
  });

  it('stores the progress of each step and its end', async () => {
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

  it('has no position if its first step gives none', async () => {
    const table = simulatedTable();
    await putRecovery(table, RECOVERY);
    await advanceRecovery(table, { recovery: RECOVERY }, { started: 0, status: 'running' });
    const stored = await getRecovery(table, WORKSPACE_ID, RECOVERY.id);
    expect(stored).toStrictEqual({ recovery: RECOVERY });
  });

  it('throws an error of the table instead of returning false', async () => {
    const table = simulatedTable();
    table.before = () => {
      throw new Error('Slow down');
    };
    const step = { started: 1, status: 'running' } as const;
    await expect(advanceRecovery(table, { recovery: RECOVERY }, step)).rejects.toThrow('Slow down');
  });
});
