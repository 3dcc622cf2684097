import { describe, expect, it } from 'vitest';
import { listEndpointHistory } from '../../lambdas/store/endpoint-history.ts';
import * as store from '../../lambdas/store/endpoints.ts';
import { getEndpoint, listEndpoints } from '../../lambdas/store/endpoints.ts';
import type { Command } from '../../lambdas/core/commands.ts';
import type { EndpointAction, EndpointHistoryEntry } from '../../lambdas/core/endpoints.ts';
import { getCommand } from '../../lambdas/store/commands.ts';
import { endpointKey, workspaceKey } from '../../lambdas/store/keys.ts';
import { addSuppression } from '../../lambdas/store/suppressions.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { WORKSPACE_ID, anEndpoint } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const AT = '2026-02-25T12:00:00Z';
const OTHER_WORKSPACE = `ws_${'b'.repeat(26)}`;
const endpoint = anEndpoint({ description: 'Shop' });
const address = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id, at: AT };

function aHistoryEntry(
  action: EndpointAction,
  { at, reason }: { at: string; reason?: string },
): EndpointHistoryEntry {
  return { id: 'req_a', at, action, by: 'key_a', ...(reason !== undefined && { reason }) };
}

type AddressAtTime = { workspaceId: string; endpointId: string; at: string };

function updateEndpoint(
  table: SimulatedTable,
  { at, ...endpointAddress }: AddressAtTime,
  changes: store.EndpointChanges,
) {
  return store.updateEndpoint(table, endpointAddress, {
    changes,
    historyEntry: aHistoryEntry('updated', { at }),
  });
}

function disableEndpoint(
  table: SimulatedTable,
  { workspaceId, endpointId, ...details }: AddressAtTime & { reason: string },
) {
  const target = { id: endpointId, workspace_id: workspaceId, url: endpoint.url };
  return store.disableEndpoint(table, target, aHistoryEntry('disabled', details));
}

function deleteEndpoint(table: SimulatedTable, workspaceId: string, endpointId: string) {
  return store.deleteEndpoint(table, { workspaceId, endpointId }, aHistoryEntry('deleted', { at: AT }));
}

async function historyEntriesOf(table: SimulatedTable): Promise<readonly EndpointHistoryEntry[]> {
  const { workspaceId, endpointId } = address;
  return (await listEndpointHistory(table, { workspaceId, endpointId, limit: 100 })).items;
}

async function setUp(): Promise<SimulatedTable> {
  const table = simulatedTable();
  await putEndpoint(table, endpoint);
  return table;
}

function read(table: SimulatedTable): ReturnType<typeof getEndpoint> {
  return getEndpoint(table, WORKSPACE_ID, endpoint.id);
}

function throttlingError(): Error {
  return Object.assign(new Error('Slow down'), { name: 'ThrottlingException' });
}

describe('an endpoint', () => {
  it('is read back as it was put', async () => {
    expect(await read(await setUp())).toEqual(endpoint);
  });

  it('cannot be read, changed, disabled or deleted through another workspace', async () => {
    const table = await setUp();
    const foreign = { ...address, workspaceId: OTHER_WORKSPACE };
    expect(await getEndpoint(table, OTHER_WORKSPACE, endpoint.id)).toBeUndefined();
    expect(await updateEndpoint(table, foreign, { description: 'Taken' })).toBeUndefined();
    await disableEndpoint(table, { ...foreign, reason: 'gone' });
    expect(await deleteEndpoint(table, OTHER_WORKSPACE, endpoint.id)).toBe(false);
    expect(await read(table)).toEqual(endpoint);
    expect(table.rows.size).toBe(1);
  });

  it('can be deleted once', async () => {
    const table = await setUp();
    expect(await deleteEndpoint(table, WORKSPACE_ID, endpoint.id)).toBe(true);
    expect(await read(table)).toBeUndefined();
    expect(await deleteEndpoint(table, WORKSPACE_ID, endpoint.id)).toBe(false);
  });
});

describe('listEndpoints', () => {
  it('returns all endpoints of the workspace and no other rows', async () => {
    const table = await setUp();
    const second = anEndpoint({ url: 'https://second.example.com' });
    await putEndpoint(table, second);
    await putEndpoint(table, anEndpoint({ workspace_id: OTHER_WORKSPACE }));
    await addSuppression(table, {
      workspace_id: WORKSPACE_ID,
      address: 'ep#ann@example.com',
      reason: 'manual',
      created_at: AT,
    });
    const workspace = { ...workspaceKey(WORKSPACE_ID), kind: 'workspace' };
    table.rows.set(`${workspace.pk}\n${workspace.sk}`, workspace);

    const found = await listEndpoints(table, WORKSPACE_ID);
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining([endpoint, second]));
  });

  it('returns an empty list for a workspace without endpoints', async () => {
    expect(await listEndpoints(await setUp(), OTHER_WORKSPACE)).toEqual([]);
  });

  it('continues if DynamoDB ends a response early', async () => {
    const table = simulatedTable();
    const all = Array.from({ length: 5 }, (_, number) =>
      anEndpoint({ url: `https://example.com/${number}` }),
    );
    await Promise.all(all.map((each) => putEndpoint(table, each)));
    // DynamoDB ends a response at 1 MB. Here, each response ends after two rows.
    table.before = (command, input) => {
      if (command === 'QueryCommand') Object.assign(input, { Limit: 2 });
    };
    const found = await listEndpoints(table, WORKSPACE_ID);
    expect(found.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  it('reads consistently only on request', async () => {
    const table = await setUp();
    const flags: unknown[] = [];
    table.before = (_command, input) => flags.push(input['ConsistentRead'] === true);
    await listEndpoints(table, WORKSPACE_ID, { consistent: true });
    await listEndpoints(table, WORKSPACE_ID);
    expect(flags).toEqual([true, false]);
  });
});

describe('updateEndpoint', () => {
  it.each([
    [{ url: 'https://new.example.com/hook' }],
    [{ events: ['bounced', 'complained'] as const }],
    [{ description: 'New' }],
  ])('writes only the changed fields and the time of the change: %j', async (changes) => {
    const table = await setUp();
    const changed = { ...endpoint, ...changes, updated_at: AT };
    expect(await updateEndpoint(table, address, changes)).toEqual(changed);
    expect(await read(table)).toEqual(changed);
  });

  it('keeps both of two changes made at the same time', async () => {
    const table = await setUp();
    await Promise.all([
      updateEndpoint(table, address, { url: 'https://new.example.com' }),
      updateEndpoint(table, address, { events: ['bounced'] }),
    ]);
    expect(await read(table)).toMatchObject({ url: 'https://new.example.com', events: ['bounced'] });
  });

  it('does not create an endpoint', async () => {
    const table = simulatedTable();
    expect(await updateEndpoint(table, address, { description: 'New' })).toBeUndefined();
    expect(table.rows.size).toBe(0);
  });

  it('stores the time of a pause', async () => {
    const table = await setUp();
    expect(await updateEndpoint(table, address, { status: 'paused' })).toEqual({
      ...endpoint,
      status: 'paused',
      status_changed_at: AT,
      updated_at: AT,
    });
  });

  it('removes the reason for disabling when the endpoint is active again', async () => {
    const table = await setUp();
    await disableEndpoint(table, { ...address, reason: 'gone' });
    const later = '2026-02-26T12:00:00Z';
    const active = await updateEndpoint(table, { ...address, at: later }, { status: 'active' });
    expect(active).toMatchObject({ status: 'active', status_changed_at: later });
    expect(active).not.toHaveProperty('status_reason');
    expect(await read(table)).toEqual(active);
  });

  it('keeps status, reason and their time if the status does not change', async () => {
    const table = await setUp();
    await disableEndpoint(table, { ...address, reason: 'gone' });
    const later = { ...address, at: '2026-02-26T12:00:00Z' };
    expect(await updateEndpoint(table, later, { description: 'New' })).toMatchObject({
      status: 'disabled',
      status_reason: 'gone',
      status_changed_at: AT,
    });
  });

  it('throws an error of the table instead of returning undefined', async () => {
    const table = await setUp();
    table.before = () => {
      throw throttlingError();
    };
    await expect(updateEndpoint(table, address, { description: 'New' })).rejects.toThrow('Slow down');
  });
});

describe('disableEndpoint', () => {
  it('stores the reason and the time', async () => {
    const table = await setUp();
    await disableEndpoint(table, { ...address, reason: 'gone' });
    expect(await read(table)).toEqual({
      ...endpoint,
      status: 'disabled',
      status_reason: 'gone',
      status_changed_at: AT,
      updated_at: AT,
    });
  });

  it('does not change an endpoint that its owner has paused', async () => {
    const table = await setUp();
    const paused = await updateEndpoint(table, address, { status: 'paused' });
    await disableEndpoint(table, { ...address, reason: 'gone' });
    expect(await read(table)).toEqual(paused);
  });

  it('keeps the first reason and time if it is called twice', async () => {
    const table = await setUp();
    await disableEndpoint(table, { ...address, reason: 'gone' });
    await disableEndpoint(table, {
      ...address,
      reason: 'failing',
      at: '2026-02-26T12:00:00Z',
    });
    expect(await read(table)).toMatchObject({ status_reason: 'gone', status_changed_at: AT });
  });

  it('does not restore an endpoint that was deleted', async () => {
    const table = await setUp();
    await deleteEndpoint(table, WORKSPACE_ID, endpoint.id);
    await disableEndpoint(table, { ...address, reason: 'gone' });
    expect(await read(table)).toBeUndefined();
  });

  it('throws an error of the table', async () => {
    const table = await setUp();
    table.before = () => {
      throw throttlingError();
    };
    await expect(disableEndpoint(table, { ...address, reason: 'gone' })).rejects.toThrow('Slow down');
  });
});

describe('listEndpointHistory', () => {
  it('returns the entries newest first, each with its author and reason', async () => {
    const table = await setUp();
    await updateEndpoint(table, address, { description: 'New' });
    await disableEndpoint(table, { ...address, at: '2026-02-26T12:00:00Z', reason: 'gone' });
    expect(await historyEntriesOf(table)).toEqual([
      { id: 'req_a', at: '2026-02-26T12:00:00Z', action: 'disabled', by: 'key_a', reason: 'gone' },
      { id: 'req_a', at: AT, action: 'updated', by: 'key_a' },
    ]);
  });

  it('has no entry for a change that was not made', async () => {
    const table = await setUp();
    await deleteEndpoint(table, WORKSPACE_ID, endpoint.id);
    const entries = await historyEntriesOf(table);
    await updateEndpoint(table, address, { description: 'New' });
    await disableEndpoint(table, { ...address, reason: 'gone' });
    expect(await historyEntriesOf(table)).toEqual(entries);
  });
});

describe('the rows of an endpoint', () => {
  const KEY = endpointKey(WORKSPACE_ID, endpoint.id);
  const CREATED = aHistoryEntry('created', { at: AT });
  const rowOf = (table: SimulatedTable) => table.rows.get(`${KEY.pk}\n${KEY.sk}`);
  const { id: _id, workspace_id: _workspace, ...FIELDS } = endpoint;
  const historyOf = (table: SimulatedTable) =>
    [...table.rows.values()].filter((row) => row.pk.startsWith('H#'));
  const endpointAddress = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id };

  it('are the endpoint and its first history entry, written in one transaction', async () => {
    const table = simulatedTable();
    await store.createEndpoint(table, endpoint, CREATED);
    expect(table.calls).toEqual(['TransactWriteCommand']);
    expect(table.rows.size).toBe(2);
    expect(rowOf(table)).toStrictEqual({ ...KEY, kind: 'endpoint', ...FIELDS });
    expect(historyOf(table)).toStrictEqual([
      {
        pk: `H#${WORKSPACE_ID}#${endpoint.id}`,
        sk: '2026-02-25T12:00:00.000Z#req_a',
        kind: 'endpoint_change',
        at: AT,
        action: 'created',
        by: 'key_a',
        ttl: Date.parse('2027-02-25T12:00:00Z') / 1000,
      },
    ]);
    expect(await read(table)).toStrictEqual(endpoint);
  });

  it('get a history entry for an action that does not change the endpoint', async () => {
    const table = await setUp();
    await store.recordHistoryEntry(table, endpointAddress, aHistoryEntry('secret_shown', { at: AT }));
    expect(await read(table)).toStrictEqual(endpoint);
    expect(await historyEntriesOf(table)).toStrictEqual([
      { id: 'req_a', at: AT, action: 'secret_shown', by: 'key_a' },
    ]);
  });

  const FAILING = {
    failing_since: AT,
    failures: 3,
    last_failure_at: AT,
    breaker_opened_at: AT,
    health: 'failing' as const,
    inactive_since: AT,
  };

  it.each<[string, store.EndpointChanges, Partial<typeof FAILING>]>([
    ['a resume', { status: 'active' }, {}],
    ['a change of the URL', { url: 'https://new.example.com/' }, { inactive_since: AT }],
    ['a pause', { status: 'paused' }, FAILING],
    ['a change of the description', { description: 'New' }, FAILING],
  ])('keep only valid health attributes after %s', async (_case, changes, remaining) => {
    const table = simulatedTable();
    await putEndpoint(table, { ...endpoint, ...FAILING });
    await updateEndpoint(table, address, changes);
    expect(rowOf(table)).toStrictEqual({
      ...KEY,
      kind: 'endpoint',
      ...FIELDS,
      ...remaining,
      ...changes,
      ...(changes.status !== undefined && { status_changed_at: AT }),
      updated_at: AT,
    });
  });

  it('change only the time for an update without changes', async () => {
    const table = await setUp();
    expect(await updateEndpoint(table, address, {})).toStrictEqual({ ...endpoint, updated_at: AT });
  });

  it('have no description after it was removed', async () => {
    const table = await setUp();
    const changed = await updateEndpoint(table, address, { description: null, events: ['bounced'] });
    expect(changed).not.toHaveProperty('description');
    expect(changed).toMatchObject({ events: ['bounced'], url: endpoint.url });
  });

  it.each<[Command, string | undefined]>([
    [{ command: 'drain', endpoint_id: endpoint.id, id: 'req_a', workspace_id: WORKSPACE_ID }, 'req_a'],
    [{ command: 'recover', endpoint_id: endpoint.id, id: 'req_b', workspace_id: WORKSPACE_ID }, undefined],
  ])('include the command of an update, and the mark of a drain: %o', async (command, drain) => {
    const table = await setUp();
    const historyEntry = aHistoryEntry('resumed', { at: AT });
    await store.updateEndpoint(table, endpointAddress, {
      changes: { status: 'active' },
      historyEntry,
      command,
    });
    expect(await getCommand(table, WORKSPACE_ID, command.id)).toStrictEqual(command);
    expect((await read(table))?.draining).toBe(drain);
    expect(historyOf(table)).toHaveLength(1);
  });

  it('have the new secrets and their version, which the next rotation checks', async () => {
    const table = await setUp();
    const secrets = [{ version: 2, sealed: new Uint8Array([2]) }, ...endpoint.secrets];
    const historyEntry = aHistoryEntry('secret_rotated', { at: AT });
    expect(await store.replaceSecrets(table, endpoint, { secrets, historyEntry })).toBe(true);
    expect(rowOf(table)).toStrictEqual({
      ...KEY,
      kind: 'endpoint',
      ...FIELDS,
      secrets,
      secret_version: 2,
      updated_at: AT,
    });
    expect(await read(table)).toStrictEqual({ ...endpoint, secrets, updated_at: AT });
    expect(historyOf(table)).toHaveLength(1);
  });

  it('are read consistently by their id', async () => {
    const table = await setUp();
    const flags: unknown[] = [];
    table.before = (_command, input) => flags.push(input['ConsistentRead']);
    await read(table);
    expect(flags).toEqual([true]);
  });
});

describe('disableEndpoint for a streak', () => {
  it('stores the reason, even if the URL differs', async () => {
    const table = simulatedTable();
    await putEndpoint(table, { ...endpoint, failing_since: AT });
    const historyEntry = aHistoryEntry('disabled', { at: AT, reason: 'failing' });
    expect(
      await store.disableEndpoint(
        table,
        { ...endpoint, url: 'https://other.example.com/' },
        historyEntry,
        AT,
      ),
    ).toBe(true);
    expect(await read(table)).toStrictEqual({
      ...endpoint,
      failing_since: AT,
      status: 'disabled',
      status_reason: 'failing',
      status_changed_at: AT,
      updated_at: AT,
    });
    expect(await historyEntriesOf(table)).toStrictEqual([historyEntry]);
  });
});
