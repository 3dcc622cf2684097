import { TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Endpoint, EndpointHistoryEntry } from '../../lambdas/core/endpoints.ts';
import { listEndpointHistory } from '../../lambdas/store/endpoint-history.ts';
import {
  clearFailures,
  closeBreaker,
  countFailure,
  endDrain,
  openBreaker,
  recordFailing,
} from '../../lambdas/store/endpoint-health.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { KIND } from '../../lambdas/store/keys.ts';
import { toCommand } from '../../lambdas/store/commands.ts';
import { WORKSPACE_ID, anEndpoint } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const [FIRST, SECOND, THIRD] = ['2026-02-25T12:00:00Z', '2026-02-25T12:01:00Z', '2026-02-25T12:02:00Z'];
const ENDPOINT = anEndpoint();
const ENTRY: EndpointHistoryEntry = {
  id: 'req_1',
  at: THIRD,
  action: 'failing',
  by: 'ivymail',
  reason: 'A test',
};
const PROBE_AT = '2026-02-25T12:10:00Z';
const STREAK = { failing_since: FIRST, failures: 10, last_failure_at: SECOND };

async function tableOf(fields: Partial<Endpoint> = {}): Promise<SimulatedTable> {
  const table = simulatedTable();
  await putEndpoint(table, { ...ENDPOINT, ...fields });
  table.calls.length = 0;
  return table;
}

const read = (table: SimulatedTable) => getEndpoint(table, WORKSPACE_ID, ENDPOINT.id);
const commandsOf = (table: SimulatedTable) =>
  [...table.rows.values()].filter((row) => row['kind'] === KIND.command).map(toCommand);
const historyOf = async (table: SimulatedTable) =>
  (await listEndpointHistory(table, { workspaceId: WORKSPACE_ID, endpointId: ENDPOINT.id, limit: 9 })).items;

describe('a failure', () => {
  it('starts a streak, and the next failure adds to it', async () => {
    const table = await tableOf();
    const once = { ...ENDPOINT, failing_since: FIRST, failures: 1, last_failure_at: FIRST };
    expect(await countFailure(table, ENDPOINT, FIRST)).toStrictEqual(once);
    expect(await countFailure(table, ENDPOINT, SECOND)).toStrictEqual({
      ...once,
      failures: 2,
      last_failure_at: SECOND,
    });
  });

  it('is counted after a conflict with another write of the endpoint', async () => {
    const table = await tableOf();
    let conflicts = 2;
    table.before = () => {
      if ((conflicts -= 1) >= 0)
        throw new TransactionConflictException({ message: 'Conflict', $metadata: {} });
    };
    expect(await countFailure(table, ENDPOINT, FIRST)).toMatchObject({ failures: 1 });
  });

  it('that cannot be stored throws the error of the table', async () => {
    const table = await tableOf();
    table.before = () => {
      throw new Error('Slow down');
    };
    await expect(countFailure(table, ENDPOINT, FIRST)).rejects.toThrow('Slow down');
  });
});

describe('a success', () => {
  it('of a healthy endpoint writes nothing', async () => {
    const table = await tableOf();
    await clearFailures(table, ENDPOINT, ENTRY);
    expect(table.calls).toEqual([]);
  });

  it('ends a short streak without a history entry or a command', async () => {
    const table = await tableOf(STREAK);
    await clearFailures(table, { ...ENDPOINT, ...STREAK }, ENTRY);
    expect(await read(table)).toStrictEqual(ENDPOINT);
    expect([commandsOf(table), await historyOf(table)]).toEqual([[], []]);
  });

  it.each<[string, Partial<Endpoint>]>([
    ['a failing endpoint', { ...STREAK, health: 'failing' }],
    ['an endpoint with an open breaker', { ...STREAK, health: 'failing', breaker_opened_at: SECOND }],
    ['an endpoint whose breaker an earlier version opened', { breaker_opened_at: SECOND }],
    ['an endpoint whose streak an earlier version ended', { health: 'failing' }],
  ])('makes %s healthy, with a history entry and a drain command', async (_case, fields) => {
    const table = await tableOf(fields);
    await clearFailures(table, { ...ENDPOINT, ...fields }, ENTRY);
    expect(await read(table)).toStrictEqual({ ...ENDPOINT, draining: ENTRY.id });
    expect(commandsOf(table)).toStrictEqual([
      { command: 'drain', endpoint_id: ENDPOINT.id, id: ENTRY.id, workspace_id: WORKSPACE_ID },
    ]);
    expect(await historyOf(table)).toStrictEqual([ENTRY]);
  });
});

describe('an endpoint that becomes failing', () => {
  it.each([
    [ENTRY, [ENTRY]],
    [undefined, []],
  ])('gets the history entry %o', async (historyEntry, history) => {
    const table = await tableOf(STREAK);
    expect(await recordFailing(table, { ...ENDPOINT, ...STREAK }, historyEntry)).toBe(true);
    expect(await read(table)).toStrictEqual({ ...ENDPOINT, ...STREAK, health: 'failing' });
    expect(await historyOf(table)).toStrictEqual(history);
  });
});

describe('a breaker', () => {
  const OPENED = {
    ...ENDPOINT,
    ...STREAK,
    breaker_opened_at: THIRD,
    next_probe_at: PROBE_AT,
    health: 'failing',
  };
  const PROBE = {
    command: 'drain',
    endpoint_id: ENDPOINT.id,
    opened_at: THIRD,
    id: 'cmd_1',
    workspace_id: WORKSPACE_ID,
  };

  it.each([
    ['a new streak', {}, {}, [ENTRY], 1],
    ['a streak that the caller knows to be in the history', { health: 'failing' }, { recorded: true }, [], 1],
    ['a streak that another attempt has recorded', { health: 'failing' }, {}, [], 2],
    ['a streak that is not in the history', {}, { recorded: false }, [ENTRY], 1],
  ] as const)(
    'opens for %s and stores the command that probes the endpoint',
    async (_case, fields, opening, history, tries) => {
      const table = await tableOf({ ...STREAK, ...fields });
      const endpoint = { ...ENDPOINT, ...STREAK };
      expect(
        await openBreaker(table, endpoint, {
          historyEntry: ENTRY,
          commandId: 'cmd_1',
          nextProbeAt: PROBE_AT,
          ...opening,
        }),
      ).toBe(true);
      expect(table.calls.filter((call) => call === 'TransactWriteCommand')).toHaveLength(tries);
      expect(await read(table)).toStrictEqual(OPENED);
      expect(commandsOf(table)).toStrictEqual([PROBE]);
      expect(await historyOf(table)).toStrictEqual(history);
    },
  );

  it('closes for a probe and keeps the streak', async () => {
    const table = await tableOf({
      ...STREAK,
      health: 'failing',
      breaker_opened_at: THIRD,
      next_probe_at: PROBE_AT,
    });
    await closeBreaker(table, { ...ENDPOINT, breaker_opened_at: THIRD });
    expect(await read(table)).toStrictEqual({ ...ENDPOINT, ...STREAK, health: 'failing' });
  });

  it('that was not open stays closed', async () => {
    const table = await tableOf();
    await closeBreaker(table, ENDPOINT);
    expect(await read(table)).toStrictEqual(ENDPOINT);
  });
});

describe('the end of a drain', () => {
  it('removes its own mark, and writes nothing if the mark belongs to another drain', async () => {
    const table = await tableOf({ draining: 'cmd_1' });
    await endDrain(table, { ...ENDPOINT, draining: 'cmd_2' }, 'cmd_1');
    expect(table.calls).toEqual([]);
    await endDrain(table, { ...ENDPOINT, draining: 'cmd_1' }, 'cmd_1');
    expect(await read(table)).toStrictEqual(ENDPOINT);
  });
});
