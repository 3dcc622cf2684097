import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import type { EndpointAction, EndpointHistoryEntry } from '../../lambdas/core/endpoints.ts';
import { putHistoryEntry, readHistorySince } from '../../lambdas/store/endpoint-history.ts';
import { WORKSPACE_ID, anEndpoint } from '../../sim/builders/events.ts';
import { simulatedTable } from '../../sim/table.ts';

const ADDRESS = { workspaceId: WORKSPACE_ID, endpointId: anEndpoint().id };
const START_MS = Date.parse('2026-02-25T12:00:00Z');

const timeOf = (minute: number) => new Date(START_MS + minute * 60_000).toISOString();

function entryAt(minute: number, action: EndpointAction = 'secret_shown'): EndpointHistoryEntry {
  return { id: `req_${minute}`, at: timeOf(minute), action, by: 'key_a', by_name: 'Key' };
}

/** A table with one entry per minute, and the limits of the Queries that read it. */
async function setUp(count: number, address = ADDRESS) {
  const table = simulatedTable();
  for (let minute = 0; minute < count; minute += 1)
    await table.client.send(new PutCommand(putHistoryEntry(table, address, entryAt(minute)).Put));
  const queries: (boolean | undefined)[] = [];
  table.before = (command, input) => {
    if (command === 'QueryCommand') queries.push(input['ConsistentRead'] as boolean | undefined);
  };
  return { table, queries };
}

describe('readHistorySince', () => {
  it('reads a short history in one consistent Query, newest entry first', async () => {
    const { table, queries } = await setUp(3);
    expect(await readHistorySince(table, ADDRESS, timeOf(0))).toEqual({
      history: [entryAt(2), entryAt(1), entryAt(0)],
      complete: true,
    });
    expect(queries).toEqual([true]);
  });

  it('returns an empty history of an endpoint without entries, and no entry of another endpoint', async () => {
    const { table } = await setUp(3);
    const other = { ...ADDRESS, endpointId: anEndpoint({ events: ['opened'] }).id };
    expect(await readHistorySince(table, other, timeOf(0))).toEqual({ history: [], complete: true });
  });

  it('stops at the first page that contains an entry from before the requested time', async () => {
    const { table, queries } = await setUp(350);
    const { history, complete } = await readHistorySince(table, ADDRESS, timeOf(240));
    expect([history.length, complete, queries.length]).toEqual([200, true, 2]);
    expect(history.at(-1)).toEqual(entryAt(150));
  });

  it('reads at most 1,000 entries, and reports that the history has more', async () => {
    const { table, queries } = await setUp(1_001);
    const { history, complete } = await readHistorySince(table, ADDRESS, timeOf(-1));
    expect([history.length, complete, queries.length]).toEqual([1_000, false, 10]);
  });

  it.each<[string, EndpointHistoryEntry['filter']]>([
    ['that changed the filter', { before: ['*'], after: ['bounced'] }],
    ['that did not change the filter', null],
    ['of v0.1.0', undefined],
  ])('returns the filter of an entry %s as it was stored', async (_case, filter) => {
    const { table } = await setUp(0);
    const entry = { ...entryAt(0, 'updated'), ...(filter !== undefined && { filter }) };
    await table.client.send(new PutCommand(putHistoryEntry(table, ADDRESS, entry).Put));
    expect((await readHistorySince(table, ADDRESS, timeOf(0))).history).toStrictEqual([entry]);
  });
});
