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

function aChange(
  action: EndpointAction,
  { at, reason }: { at: string; reason?: string },
): EndpointHistoryEntry {
  return { id: 'req_a', at, action, by: 'key_a', ...(reason !== undefined && { reason }) };
}

type At = { workspaceId: string; endpointId: string; at: string };

function updateEndpoint(table: SimulatedTable, { at, ...name }: At, changes: store.EndpointChanges) {
  return store.updateEndpoint(table, name, { changes, historyEntry: aChange('updated', { at }) });
}

function disableEndpoint(
  table: SimulatedTable,
  { workspaceId, endpointId, ...why }: At & { reason: string },
) {
  const named = { id: endpointId, workspace_id: workspaceId, url: endpoint.url };
  return store.disableEndpoint(table, named, aChange('disabled', why));
}

function deleteEndpoint(table: SimulatedTable, workspaceId: string, endpointId: string) {
  return store.deleteEndpoint(table, { workspaceId, endpointId }, aChange('deleted', { at: AT }));
}

async function changesOf(table: SimulatedTable): Promise<readonly EndpointHistoryEntry[]> {
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

function refusal(): Error {
  return Object.assign(new Error('Slow down'), { name: 'ThrottlingException' });
}

describe('an endpoint', () => {
  it('is read back as it was put', async () => {
    expect(await read(await setUp())).toEqual(endpoint);
  });

  it('is not to be read, changed, disabled or deleted through another workspace', async () => {
    const table = await setUp();
    const foreign = { ...address, workspaceId: OTHER_WORKSPACE };
    expect(await getEndpoint(table, OTHER_WORKSPACE, endpoint.id)).toBeUndefined();
    expect(await updateEndpoint(table, foreign, { description: 'Taken' })).toBeUndefined();
    await disableEndpoint(table, { ...foreign, reason: 'gone' });
    expect(await deleteEndpoint(table, OTHER_WORKSPACE, endpoint.id)).toBe(false);
    expect(await read(table)).toEqual(endpoint);
    expect(table.rows.size).toBe(1);
  });

  it('is gone when it was deleted, which tells whether there was one', async () => {
    const table = await setUp();
    expect(await deleteEndpoint(table, WORKSPACE_ID, endpoint.id)).toBe(true);
    expect(await read(table)).toBeUndefined();
    expect(await deleteEndpoint(table, WORKSPACE_ID, endpoint.id)).toBe(false);
  });
});

describe('listEndpoints', () => {
  it('gives all endpoints of the workspace and nothing else of it', async () => {
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

  it('is empty where the workspace has none', async () => {
    expect(await listEndpoints(await setUp(), OTHER_WORKSPACE)).toEqual([]);
  });

  it('reads on where DynamoDB ends an answer early', async () => {
    const table = simulatedTable();
    const all = Array.from({ length: 5 }, (_, number) =>
      anEndpoint({ url: `https://example.com/${number}` }),
    );
    await Promise.all(all.map((each) => putEndpoint(table, each)));
    // Answers end at one megabyte; here after two rows.
    table.before = (command, input) => {
      if (command === 'QueryCommand') Object.assign(input, { Limit: 2 });
    };
    const found = await listEndpoints(table, WORKSPACE_ID);
    expect(found.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  it('reads consistently where it is asked to', async () => {
    const table = await setUp();
    const asked: unknown[] = [];
    table.before = (_command, input) => asked.push(input['ConsistentRead'] === true);
    await listEndpoints(table, WORKSPACE_ID, { consistent: true });
    await listEndpoints(table, WORKSPACE_ID);
    expect(asked).toEqual([true, false]);
  });
});

describe('updateEndpoint', () => {
  it.each([
    [{ url: 'https://new.example.com/hook' }],
    [{ events: ['bounced', 'complained'] as const }],
    [{ description: 'New' }],
  ])('changes only what is named, and the time of the change: %j', async (changes) => {
    const table = await setUp();
    const changed = { ...endpoint, ...changes, updated_at: AT };
    expect(await updateEndpoint(table, address, changes)).toEqual(changed);
    expect(await read(table)).toEqual(changed);
  });

  it('keeps both of two changes made at once', async () => {
    const table = await setUp();
    await Promise.all([
      updateEndpoint(table, address, { url: 'https://new.example.com' }),
      updateEndpoint(table, address, { events: ['bounced'] }),
    ]);
    expect(await read(table)).toMatchObject({ url: 'https://new.example.com', events: ['bounced'] });
  });

  it('makes no endpoint where there is none', async () => {
    const table = simulatedTable();
    expect(await updateEndpoint(table, address, { description: 'New' })).toBeUndefined();
    expect(table.rows.size).toBe(0);
  });

  it('pauses at a time of its own', async () => {
    const table = await setUp();
    expect(await updateEndpoint(table, address, { status: 'paused' })).toEqual({
      ...endpoint,
      status: 'paused',
      status_changed_at: AT,
      updated_at: AT,
    });
  });

  it('clears the reason for which we disabled it when it is made active again', async () => {
    const table = await setUp();
    await disableEndpoint(table, { ...address, reason: 'gone' });
    const later = '2026-02-26T12:00:00Z';
    const active = await updateEndpoint(table, { ...address, at: later }, { status: 'active' });
    expect(active).toMatchObject({ status: 'active', status_changed_at: later });
    expect(active).not.toHaveProperty('status_reason');
    expect(await read(table)).toEqual(active);
  });

  it('keeps status, reason and their time when it changes something else', async () => {
    const table = await setUp();
    await disableEndpoint(table, { ...address, reason: 'gone' });
    const later = { ...address, at: '2026-02-26T12:00:00Z' };
    expect(await updateEndpoint(table, later, { description: 'New' })).toMatchObject({
      status: 'disabled',
      status_reason: 'gone',
      status_changed_at: AT,
    });
  });

  it('throws a fault, instead of answering that there is none', async () => {
    const table = await setUp();
    table.before = () => {
      throw refusal();
    };
    await expect(updateEndpoint(table, address, { description: 'New' })).rejects.toThrow('Slow down');
  });
});

describe('disableEndpoint', () => {
  it('gives the reason and the time', async () => {
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

  it('leaves one alone that its owner has paused', async () => {
    const table = await setUp();
    const paused = await updateEndpoint(table, address, { status: 'paused' });
    await disableEndpoint(table, { ...address, reason: 'gone' });
    expect(await read(table)).toEqual(paused);
  });

  it('keeps the first reason and time when it comes twice', async () => {
    const table = await setUp();
    await disableEndpoint(table, { ...address, reason: 'gone' });
    await disableEndpoint(table, {
      ...address,
      reason: 'failing',
      at: '2026-02-26T12:00:00Z',
    });
    expect(await read(table)).toMatchObject({ status_reason: 'gone', status_changed_at: AT });
  });

  it('does not bring back one that was deleted meanwhile', async () => {
    const table = await setUp();
    await deleteEndpoint(table, WORKSPACE_ID, endpoint.id);
    await disableEndpoint(table, { ...address, reason: 'gone' });
    expect(await read(table)).toBeUndefined();
  });

  it('throws a fault', async () => {
    const table = await setUp();
    table.before = () => {
      throw refusal();
    };
    await expect(disableEndpoint(table, { ...address, reason: 'gone' })).rejects.toThrow('Slow down');
  });
});

describe('what befell an endpoint', () => {
  it('is told newest first, with who did it and why', async () => {
    const table = await setUp();
    await updateEndpoint(table, address, { description: 'New' });
    await disableEndpoint(table, { ...address, at: '2026-02-26T12:00:00Z', reason: 'gone' });
    expect(await changesOf(table)).toEqual([
      { id: 'req_a', at: '2026-02-26T12:00:00Z', action: 'disabled', by: 'key_a', reason: 'gone' },
      { id: 'req_a', at: AT, action: 'updated', by: 'key_a' },
    ]);
  });

  it('is not told of a change that did not happen', async () => {
    const table = await setUp();
    await deleteEndpoint(table, WORKSPACE_ID, endpoint.id);
    const told = await changesOf(table);
    await updateEndpoint(table, address, { description: 'New' });
    await disableEndpoint(table, { ...address, reason: 'gone' });
    expect(await changesOf(table)).toEqual(told);
  });
});

describe('the rows of an endpoint', () => {
  const KEY = endpointKey(WORKSPACE_ID, endpoint.id);
  const CHANGE = aChange('created', { at: AT });
  const rowOf = (table: SimulatedTable) => table.rows.get(`${KEY.pk}\n${KEY.sk}`);
  const { id: _id, workspace_id: _workspace, ...FIELDS } = endpoint;
  const historyOf = (table: SimulatedTable) =>
    [...table.rows.values()].filter((row) => row.pk.startsWith('H#'));
  const named = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id };

  it('are the endpoint and its first change, written together', async () => {
    const table = simulatedTable();
    await store.createEndpoint(table, endpoint, CHANGE);
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

  it('get a line of history for what leaves the endpoint as it is', async () => {
    const table = await setUp();
    await store.recordHistoryEntry(table, named, aChange('secret_shown', { at: AT }));
    expect(await read(table)).toStrictEqual(endpoint);
    expect(await changesOf(table)).toStrictEqual([
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
    ['another URL', { url: 'https://new.example.com/' }, { inactive_since: AT }],
    ['a pause', { status: 'paused' }, FAILING],
    ['another description', { description: 'New' }, FAILING],
  ])('keep after %s only the health that is still true', async (_what, changes, left) => {
    const table = simulatedTable();
    await putEndpoint(table, { ...endpoint, ...FAILING });
    await updateEndpoint(table, address, changes);
    expect(rowOf(table)).toStrictEqual({
      ...KEY,
      kind: 'endpoint',
      ...FIELDS,
      ...left,
      ...changes,
      ...(changes.status !== undefined && { status_changed_at: AT }),
      updated_at: AT,
    });
  });

  it('change nothing but the time where nothing is named', async () => {
    const table = await setUp();
    expect(await updateEndpoint(table, address, {})).toStrictEqual({ ...endpoint, updated_at: AT });
  });

  it('have no description once it is taken away', async () => {
    const table = await setUp();
    const changed = await updateEndpoint(table, address, { description: null, events: ['bounced'] });
    expect(changed).not.toHaveProperty('description');
    expect(changed).toMatchObject({ events: ['bounced'], url: endpoint.url });
  });

  it.each<[Command, string | undefined]>([
    [{ command: 'drain', endpoint_id: endpoint.id, id: 'req_a', workspace_id: WORKSPACE_ID }, 'req_a'],
    [{ command: 'recover', endpoint_id: endpoint.id, id: 'req_b', workspace_id: WORKSPACE_ID }, undefined],
  ])(
    'come with the command that is given with the change, and the mark of a drain: %o',
    async (command, drain) => {
      const table = await setUp();
      const change = aChange('resumed', { at: AT });
      await store.updateEndpoint(table, named, {
        changes: { status: 'active' },
        historyEntry: change,
        command,
      });
      expect(await getCommand(table, WORKSPACE_ID, command.id)).toStrictEqual(command);
      expect((await read(table))?.draining).toBe(drain);
      expect(historyOf(table)).toHaveLength(1);
    },
  );

  it('have the new secrets and the version that guards them', async () => {
    const table = await setUp();
    const secrets = [{ version: 2, sealed: new Uint8Array([2]) }, ...endpoint.secrets];
    const change = aChange('secret_rotated', { at: AT });
    expect(await store.replaceSecrets(table, endpoint, { secrets, historyEntry: change })).toBe(true);
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
    const asked: unknown[] = [];
    table.before = (_command, input) => asked.push(input['ConsistentRead']);
    await read(table);
    expect(asked).toEqual([true]);
  });
});

describe('disableEndpoint for a streak', () => {
  it('gives the reason, whatever the URL is', async () => {
    const table = simulatedTable();
    await putEndpoint(table, { ...endpoint, failing_since: AT });
    const change = aChange('disabled', { at: AT, reason: 'failing' });
    expect(
      await store.disableEndpoint(table, { ...endpoint, url: 'https://other.example.com/' }, change, AT),
    ).toBe(true);
    expect(await read(table)).toStrictEqual({
      ...endpoint,
      failing_since: AT,
      status: 'disabled',
      status_reason: 'failing',
      status_changed_at: AT,
      updated_at: AT,
    });
    expect(await changesOf(table)).toStrictEqual([change]);
  });
});
