/** Every API request that writes, and the writes of the authorizer, of `admin doctor` and of an operator. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { createAuthorizer } from '../../../lambdas/api/authorize.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../../lambdas/core/ids.ts';
import { initialScope } from '../../../lambdas/core/reputation/decide.ts';
import { pausedByPerson } from '../../../lambdas/core/reputation/manual.ts';
import { findApiKey, touchApiKey } from '../../../lambdas/store/api-keys.ts';
import { cursorKey } from '../../../lambdas/store/cursor-key.ts';
import { getEndpoint } from '../../../lambdas/store/endpoints.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { openProbe, readReceipt } from '../../../lambdas/store/doctor-probes.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { transition } from '../../../lambdas/store/reputation.ts';
import { ensureWorkspace } from '../../../lambdas/store/workspaces.ts';
import { storeAttempt } from '../../../sim/builders/deliveries.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../../sim/builders/events.ts';
import type { ApiRequest } from '../../api/harness.ts';
import { SENDS, suppressAddress } from './sends.ts';
import type { Harness, Write } from './write.ts';

const URL = 'https://hooks.example.com/';
const TOKEN = 'a'.repeat(52);
const PROBED_ID = deterministicId('evt', ['probed']);

async function webhookOf({ sendRequest, rows }: Harness): Promise<string> {
  if (rows('endpoint').length === 0)
    await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url: URL } });
  return String(rows('endpoint')[0]?.sk.slice('EP#'.length));
}

async function deliveryOf(harness: Harness): Promise<string> {
  const endpointId = await webhookOf(harness);
  const endpoint = await getEndpoint(harness.table, WORKSPACE_ID, endpointId);
  if (!endpoint) throw new Error('The endpoint does not exist');
  const event = anEvent();
  await putRows(harness.table, eventRows([event], { retentionDays: 90, receivedAtMs: harness.state.nowMs }));
  const task = aTask(event, endpoint);
  const { nowMs } = harness.state;
  const claim = { task, stored: { event, ttl: 1 }, execution: 'one', nowMs };
  await storeAttempt(harness.table, claim, { status: 'delivered' });
  return (await harness.sendRequest({ path: `/v1/webhooks/${endpointId}/deliveries` })).body.data[0]
    .id as string;
}

/** Stores suppressions as version 0.1.0 did, without time rows. Returns the request for the list by time. */
async function listAfterUpdate(harness: Harness, count: number): Promise<ApiRequest> {
  await suppressAddress(harness);
  const [row] = harness.rows('suppression');
  if (!row) throw new Error('The suppression was not created');
  const { timed: _timed, ...old } = row;
  for (const key of harness.table.rows.keys()) harness.table.rows.delete(key);
  for (let index = 0; index < count; index += 1) {
    const copy = { ...old, sk: `${index}${old.sk}`, address: `${index}${String(old['address'])}` };
    harness.table.rows.set(`${copy.pk}\n${copy.sk}`, copy);
  }
  return { path: '/v1/suppressions', query: { order: 'newest', total: 'true' } };
}

function countHistory({ rows }: Harness, action: string): number {
  return rows('endpoint_change').filter((row) => row['action'] === action).length;
}

/** Every scope has the state, and each change has one history entry: neither is stored without the other, and none twice. */
function checkReputation(state: string, changes: number): Write['check'] {
  return ({ rows }) => {
    expect(new Set(rows('reputation_state').map((row) => row['state']))).toEqual(new Set([state]));
    expect(rows('reputation_change')).toHaveLength(changes);
  };
}

export const CONCURRENT_CURSOR_KEY =
  'two concurrent invocations of the api function that create the cursor key';

export const WRITES: Readonly<Record<string, Write>> = {
  ...SENDS,
  'POST /v1/webhooks': {
    prepare: async () => ({ method: 'POST', path: '/v1/webhooks', body: { url: URL } }),
    statuses: [201],
    async check(harness) {
      const endpointCount = harness.rows('endpoint').length;
      expect(endpointCount).toBeLessThanOrEqual(2);
      expect(countHistory(harness, 'created')).toBe(endpointCount);
    },
  },
  'PATCH /v1/webhooks/{id}': {
    async prepare(harness) {
      const path = `/v1/webhooks/${await webhookOf(harness)}`;
      await harness.sendRequest({ method: 'PATCH', path, body: { status: 'paused' } });
      return { method: 'PATCH', path, body: { status: 'active', url: `${URL}moved` } };
    },
    statuses: [200],
    check(harness) {
      expect(harness.rows('endpoint')[0]).toMatchObject({ status: 'active', url: `${URL}moved` });
      // The change and the command are one transaction: without the command, the held deliveries would not be delivered.
      expect(harness.rows('command').length).toBeGreaterThanOrEqual(1);
    },
  },
  'PATCH /v1/reputation': {
    prepare: async () => ({
      method: 'PATCH',
      path: '/v1/reputation',
      body: { mode: 'pause', limits: { hour: { min_sent: 7 } } },
    }),
    statuses: [200],
    check({ rows }) {
      expect(rows('reputation_settings')).toEqual([
        expect.objectContaining({
          mode: 'pause',
          limits: expect.objectContaining({ day: expect.anything() }),
        }),
      ]);
    },
  },
  'POST /v1/reputation/pause': {
    prepare: async () => ({ method: 'POST', path: '/v1/reputation/pause', body: {} }),
    statuses: [200],
    check: checkReputation('paused', 1),
  },
  'POST /v1/reputation/resume': {
    async prepare({ sendRequest, table, state }) {
      await sendRequest({ method: 'POST', path: '/v1/reputation/pause', body: {} });
      const previous = initialScope('news');
      const next = pausedByPerson(previous, { by: 'guard', nowMs: state.nowMs });
      await transition(table, { workspaceId: WORKSPACE_ID, previous, next, at: next.since ?? '' });
      return { method: 'POST', path: '/v1/reputation/resume', body: {} };
    },
    statuses: [200],
    check: checkReputation('ok', 4),
  },
  'POST /v1/webhooks/{id}/rotate-secret': {
    prepare: async (harness) => ({
      method: 'POST',
      path: `/v1/webhooks/${await webhookOf(harness)}/rotate-secret`,
      body: {},
    }),
    statuses: [200],
    async check(harness) {
      const response = await harness.sendRequest({ path: `/v1/webhooks/${await webhookOf(harness)}/secret` });
      expect(response.status).toBe(200);
      const secrets = harness.rows('endpoint')[0]?.['secrets'] as readonly unknown[];
      expect(secrets.length).toBe(countHistory(harness, 'secret_rotated') + 1);
    },
  },
  'GET /v1/webhooks/{id}/secret': {
    prepare: async (harness) => ({ path: `/v1/webhooks/${await webhookOf(harness)}/secret` }),
    statuses: [200],
    check(harness) {
      // A secret is never shown without an entry in the history.
      expect(countHistory(harness, 'secret_shown')).toBeGreaterThanOrEqual(1);
    },
  },
  'POST /v1/webhooks/{id}/test': {
    prepare: async (harness) => ({
      method: 'POST',
      path: `/v1/webhooks/${await webhookOf(harness)}/test`,
      body: {},
    }),
    statuses: [200],
    check(harness) {
      expect([1, 2]).toContain(harness.webhooks.length);
    },
  },
  'DELETE /v1/webhooks/{id}': {
    prepare: async (harness) => ({ method: 'DELETE', path: `/v1/webhooks/${await webhookOf(harness)}` }),
    statuses: [204, 404],
    check(harness) {
      expect(harness.rows('endpoint')).toEqual([]);
    },
  },
  'POST /v1/webhooks/{id}/recover': {
    prepare: async (harness) => ({
      method: 'POST',
      path: `/v1/webhooks/${await webhookOf(harness)}/recover`,
      body: { since: '2026-01-01T00:00:00Z' },
    }),
    statuses: [202],
    check(harness, response) {
      expect(harness.rows('command').some((row) => row['id'] === response.body.recovery_id)).toBe(true);
    },
  },
  'POST /v1/deliveries/{id}/redeliver': {
    prepare: async (harness) => ({
      method: 'POST',
      path: `/v1/deliveries/${await deliveryOf(harness)}/redeliver`,
    }),
    statuses: [202],
    check(harness) {
      expect(harness.rows('command').length).toBeGreaterThanOrEqual(1);
    },
  },
  'POST /v1/suppressions': {
    prepare: async () => ({ method: 'POST', path: '/v1/suppressions', body: { address: 'a@example.com' } }),
    statuses: [200, 201],
    check(harness) {
      expect(harness.rows('suppression')).toHaveLength(1);
      expect(harness.rows('suppression_time')).toHaveLength(1);
    },
  },
  'POST /v1/suppressions for an address with a Unicode domain': {
    prepare: async () => ({
      method: 'POST',
      path: '/v1/suppressions',
      body: { address: 'ann@bücher.example' },
    }),
    statuses: [201],
    check(harness) {
      expect(harness.rows('suppression')).toHaveLength(1);
      expect(harness.rows('suppression_time')).toHaveLength(1);
    },
  },
  'POST /v1/suppressions for an address that is already suppressed': {
    async prepare(harness) {
      await suppressAddress(harness);
      return { method: 'POST', path: '/v1/suppressions', body: { address: 'Listed@example.com' } };
    },
    statuses: [201],
    check(harness) {
      expect(harness.rows('suppression')).toMatchObject([{ address: 'listed@example.com' }]);
    },
  },
  'DELETE /v1/suppressions for an address that is stored in two spellings': {
    async prepare({ sendRequest, table }) {
      const created = await sendRequest({
        method: 'POST',
        path: '/v1/suppressions',
        body: { address: 'ann@bücher.example' },
      });
      const [row] = [...table.rows.values()].filter(({ kind }) => kind === 'suppression');
      if (!row) throw new Error(`The suppression was not created: ${created.text}`);
      const unicodeRow = { ...row, sk: 'ann@bücher.example' };
      table.rows.set(`${unicodeRow.pk}\n${unicodeRow.sk}`, unicodeRow);
      return { method: 'DELETE', path: '/v1/suppressions', query: { address: 'ann@xn--bcher-kva.example' } };
    },
    statuses: [204, 404],
    check(harness) {
      expect(harness.rows('suppression')).toEqual([]);
      expect(harness.rows('suppression_time')).toEqual([]);
    },
  },
  'GET /v1/suppressions in the order of time, after an update from version 0.1.0': {
    prepare: (harness) => listAfterUpdate(harness, 2),
    statuses: [200],
    check(harness, response) {
      expect(response.body).toMatchObject({ data: [{}, {}], total: { count: 2, exact: true } });
      expect(harness.rows('suppression_time')).toHaveLength(2);
    },
  },
  'GET /v1/suppressions in the order of time, after an update with more suppressions than one request can sort':
    {
      async prepare(harness) {
        harness.table.before = (command) => {
          if (command === 'TransactWriteCommand') harness.state.nowMs += 700;
        };
        return listAfterUpdate(harness, 9);
      },
      statuses: [200, 503],
      async check(harness) {
        const list = { path: '/v1/suppressions', query: { order: 'newest' } };
        await harness.sendRequest(list);
        expect((await harness.sendRequest(list)).body.data).toHaveLength(9);
        expect(harness.rows('suppression_time')).toHaveLength(9);
      },
    },
  'DELETE /v1/suppressions/{address}': {
    async prepare(harness) {
      // Only the default workspace may change the suppression list of the SES account.
      const workspaceId = DEFAULT_WORKSPACE_ID;
      await suppressAddress(harness, workspaceId);
      harness.state.sesSuppressed.add('listed@example.com');
      return {
        method: 'DELETE',
        path: '/v1/suppressions/listed@example.com',
        query: { ses: 'true' },
        workspaceId,
      };
    },
    statuses: [204, 404],
    check(harness) {
      expect([
        harness.rows('suppression'),
        harness.rows('suppression_time'),
        [...harness.state.sesSuppressed],
      ]).toEqual([[], [], []]);
    },
  },
  'POST /v1/api-keys': {
    prepare: async () => ({ method: 'POST', path: '/v1/api-keys', body: { name: 'ci', scopes: ['read'] } }),
    statuses: [201],
    async check(harness) {
      const keys = (await harness.sendRequest({ path: '/v1/api-keys' })).body.data as readonly unknown[];
      expect(keys.length).toBe(harness.rows('api_key').length);
    },
  },
  'DELETE /v1/api-keys/{id}': {
    async prepare({ sendRequest }) {
      const created = await sendRequest({
        method: 'POST',
        path: '/v1/api-keys',
        body: { name: 'ci', scopes: ['read'] },
      });
      return { method: 'DELETE', path: `/v1/api-keys/${created.body.id}` };
    },
    statuses: [204, 404],
    check(harness) {
      expect(harness.rows('api_key')).toEqual([]);
    },
  },
  'POST /probes/{token}': {
    async prepare(harness) {
      await openProbe(harness.table, TOKEN, harness.state.nowMs);
      return {
        method: 'POST',
        path: `/probes/${TOKEN}`,
        body: {},
        headers: { 'webhook-id': PROBED_ID },
      };
    },
    statuses: [204],
    async check({ table }) {
      expect(await readReceipt(table, TOKEN, PROBED_ID)).toMatchObject({ body: '{}' });
    },
  },
  'admin doctor opening a probe': {
    prepare:
      async ({ table, state }) =>
      () =>
        openProbe(table, TOKEN, state.nowMs),
    statuses: [204],
    check({ rows }) {
      expect(rows('probe')).toHaveLength(1);
    },
  },
  'the authorizer recording the use of an API key': {
    async prepare({ sendRequest, table, state }) {
      const created = await sendRequest({
        method: 'POST',
        path: '/v1/api-keys',
        body: { name: 'ci', scopes: ['read'] },
      });
      return async () => {
        const authorize = createAuthorizer({
          findApiKey: (hash: string) => findApiKey(table, hash),
          touchApiKey: (hash: string, at: string) => touchApiKey(table, hash, at),
          now: () => state.nowMs,
        });
        const { result } = await authorize({
          headers: { 'x-api-key': created.body.key },
          methodArn: 'arn:aws:execute-api:region:account:api/v1/GET/v1/workspace',
        });
        expect(result.context).toMatchObject({ key_id: created.body.id });
      };
    },
    statuses: [204],
    check({ rows }) {
      expect(rows('api_key')).toMatchObject([{ last_used_at: expect.any(String) }]);
    },
  },
  [CONCURRENT_CURSOR_KEY]: {
    prepare:
      async ({ table, kms }) =>
      async () => {
        const deps = { table, kms: kms.client, keyArn: 'key', randomBytes };
        const [first, second] = await Promise.all([cursorKey(deps)(), cursorKey(deps)()]);
        expect(first).toEqual(second);
      },
    statuses: [204],
    check({ rows }) {
      expect(rows('cursor_key')).toHaveLength(1);
    },
  },
  'an operator creating a workspace': {
    prepare:
      async ({ table }) =>
      () =>
        ensureWorkspace(table, {
          id: deterministicId('ws', ['new']),
          name: 'new',
          created_at: '2026-02-25T12:00:00Z',
          configuration_set: 'new',
        }),
    statuses: [204],
    check({ rows }) {
      expect([rows('workspace').length, rows('configuration_set').length]).toEqual([1, 1]);
    },
  },
};
