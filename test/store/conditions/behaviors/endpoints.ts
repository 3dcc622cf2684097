/** Endpoints and their health: a change applies to the endpoint that was read, not to what it became in the meantime. */
import { expect } from 'vitest';
import type { Endpoint, EndpointAction, EndpointChange } from '../../../../lambdas/core/endpoints.ts';
import {
  clearFailures,
  closeBreaker,
  countFailure,
  openBreaker,
} from '../../../../lambdas/store/endpoint-health.ts';
import {
  deleteEndpoint,
  disableEndpoint,
  getEndpoint,
  replaceSecrets,
  updateEndpoint,
} from '../../../../lambdas/store/endpoints.ts';
import { KIND } from '../../../../lambdas/store/keys.ts';
import { WORKSPACE_ID, anEndpoint } from '../../../builders/events.ts';
import { putEndpoint } from '../../../builders/rows.ts';
import type { MemoryTable } from '../../../fakes/memory-table.ts';
import { behavior, type Behavior } from './behavior.ts';

const ENDPOINT = anEndpoint();
const ADDRESS = { workspaceId: WORKSPACE_ID, endpointId: ENDPOINT.id };
const NEW_URL = 'https://new.example.com/hook';

let changes = 0;

/** Each change has a time of its own, one minute after the change before it. */
function aChange(action: EndpointAction): EndpointChange {
  changes += 1;
  const at = new Date(Date.parse('2026-02-25T12:00:00Z') + changes * 60_000).toISOString();
  return { id: `req_${changes}`, at, action, by: 'key_a' };
}

const read = (table: MemoryTable) => getEndpoint(table, WORKSPACE_ID, ENDPOINT.id);

async function mustRead(table: MemoryTable): Promise<Endpoint> {
  const endpoint = await read(table);
  if (!endpoint) throw new Error('The endpoint is gone');
  return endpoint;
}

const rowsOf = (table: MemoryTable, kind: string) =>
  [...table.rows.values()].filter((row) => row['kind'] === kind);
const commandsIn = (table: MemoryTable) => rowsOf(table, KIND.command).length;
const historyIn = (table: MemoryTable) => rowsOf(table, KIND.endpointChange).length;

const update = (table: MemoryTable, fields: Parameters<typeof updateEndpoint>[2]['changes']) =>
  updateEndpoint(table, ADDRESS, { changes: fields, change: aChange('updated') });
const disable = (table: MemoryTable) => disableEndpoint(table, ENDPOINT, aChange('disabled'));
const remove = (table: MemoryTable) => deleteEndpoint(table, ADDRESS, aChange('deleted'));
const fail = (table: MemoryTable) => countFailure(table, ENDPOINT, aChange('failing').at);
const open = (table: MemoryTable, id = 'cmd_1') =>
  openBreaker(table, ENDPOINT, { change: aChange('failing'), commandId: id });

const sealed = (version: number) => [{ version, sealed: new Uint8Array([version]) }];

export const ENDPOINTS: readonly Behavior[] = [
  behavior(
    'an update of a deleted endpoint does not create the endpoint, nor a line of history',
    async (table) => {
      await putEndpoint(table, ENDPOINT);
      expect(await update(table, { description: 'Shop' })).toMatchObject({ description: 'Shop' });
      await remove(table);
      const stored = table.rows.size;
      expect(await update(table, { description: 'Blog' })).toBeUndefined();
      expect(await read(table)).toBeUndefined();
      expect(table.rows.size).toBe(stored);
    },
  ),
  behavior('an endpoint is deleted once, with one line of history', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect(await remove(table)).toBe(true);
    expect(await read(table)).toBeUndefined();
    expect(await remove(table)).toBe(false);
    expect(historyIn(table)).toBe(1);
  }),
  behavior('two rotations that read the same secrets store one set of new secrets', async (table) => {
    await putEndpoint(table, ENDPOINT);
    const rotate = (endpoint: Endpoint, version: number) =>
      replaceSecrets(table, endpoint, { secrets: sealed(version), change: aChange('secret_rotated') });
    expect(await rotate(ENDPOINT, 2)).toBe(true);
    expect(await rotate(ENDPOINT, 3)).toBe(false);
    expect(await mustRead(table)).toMatchObject({ secrets: sealed(2) });
    expect(await rotate(await mustRead(table), 3)).toBe(true);
    expect(await mustRead(table)).toMatchObject({ secrets: sealed(3) });
    expect(historyIn(table)).toBe(2);
  }),
  behavior('a rotation of the secrets of a deleted endpoint does not restore the endpoint', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await remove(table);
    const rotated = await replaceSecrets(table, ENDPOINT, {
      secrets: sealed(2),
      change: aChange('secret_rotated'),
    });
    expect(rotated).toBe(false);
    expect(await read(table)).toBeUndefined();
  }),
  behavior('an active endpoint is disabled once, and keeps the time of the first reason', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect(await disable(table)).toBe(true);
    const disabled = await mustRead(table);
    expect(disabled.status).toBe('disabled');
    expect(await disable(table)).toBe(false);
    expect(await mustRead(table)).toEqual(disabled);
  }),
  behavior('a paused endpoint is not disabled', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await update(table, { status: 'paused' });
    expect(await disable(table)).toBe(false);
    expect((await mustRead(table)).status).toBe('paused');
  }),
  behavior('an endpoint is not disabled for what its old URL did', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await update(table, { url: NEW_URL });
    expect(await disable(table)).toBe(false);
    expect((await mustRead(table)).status).toBe('active');
  }),
  behavior('failures are counted for the URL that failed, and for no later one', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect(await fail(table)).toMatchObject({ failures: 1 });
    expect(await fail(table)).toMatchObject({ failures: 2 });
    await update(table, { url: NEW_URL });
    expect(await fail(table)).toBeUndefined();
    expect(await mustRead(table)).not.toHaveProperty('failing_since');
  }),
  behavior('a failure does not restore a deleted endpoint', async (table) => {
    expect(await fail(table)).toBeUndefined();
    expect(table.rows.size).toBe(0);
  }),
  behavior('a success ends the failure streak that it read', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await fail(table);
    await clearFailures(table, await mustRead(table), aChange('recovered'));
    expect(await mustRead(table)).not.toHaveProperty('failing_since');
  }),
  behavior('a success that read an old failure streak does not clear a newer streak', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await fail(table);
    const stale = await mustRead(table);
    await clearFailures(table, stale, aChange('recovered'));
    await fail(table);
    const failing = await mustRead(table);
    await clearFailures(table, stale, aChange('recovered'));
    expect(await mustRead(table)).toEqual(failing);
  }),
  behavior(
    'a success closes the breaker that it read, and drains the held deliveries once',
    async (table) => {
      await putEndpoint(table, ENDPOINT);
      await fail(table);
      await open(table);
      const stale = await mustRead(table);
      await clearFailures(table, stale, aChange('recovered'));
      expect(await mustRead(table)).not.toHaveProperty('breaker_opened_at');
      expect([commandsIn(table), historyIn(table)]).toEqual([2, 2]);
      await clearFailures(table, stale, aChange('recovered'));
      expect([commandsIn(table), historyIn(table)]).toEqual([2, 2]);
    },
  ),
  behavior('a success that read an old opening of the breaker does not close a newer one', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await fail(table);
    await open(table);
    const stale = await mustRead(table);
    await clearFailures(table, stale, aChange('recovered'));
    await fail(table);
    await open(table, 'cmd_2');
    const failing = await mustRead(table);
    await clearFailures(table, stale, aChange('recovered'));
    expect(await mustRead(table)).toEqual(failing);
  }),
  behavior(
    'a probe lets a delivery through the breaker that it waited for, and through no newer one',
    async (table) => {
      await putEndpoint(table, ENDPOINT);
      await open(table);
      const stale = await mustRead(table);
      await closeBreaker(table, stale);
      expect(await mustRead(table)).not.toHaveProperty('breaker_opened_at');
      await open(table, 'cmd_2');
      const failing = await mustRead(table);
      await closeBreaker(table, stale);
      expect(await mustRead(table)).toEqual(failing);
    },
  ),
  behavior('a breaker opens once, with one command that probes the endpoint', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect(await open(table)).toBe(true);
    const opened = await mustRead(table);
    expect(await open(table, 'cmd_2')).toBe(false);
    expect(await mustRead(table)).toEqual(opened);
    expect(commandsIn(table)).toBe(1);
  }),
  behavior('the breaker of a paused endpoint does not open', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await update(table, { status: 'paused' });
    expect(await open(table)).toBe(false);
    expect(commandsIn(table)).toBe(0);
  }),
  behavior('the breaker does not open for the failures of an old URL', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await update(table, { url: NEW_URL });
    expect(await open(table)).toBe(false);
    expect(commandsIn(table)).toBe(0);
  }),
];
