/** Every request that writes, and what else of the api's does. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { createAuthorizer } from '../../../lambdas/api/authorize.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../../lambdas/core/ids.ts';
import { findApiKey, touchApiKey } from '../../../lambdas/store/api-keys.ts';
import { cursorKey } from '../../../lambdas/store/cursor-key.ts';
import { settleDelivery } from '../../../lambdas/store/delivery-settlement.ts';
import { claimAttempt } from '../../../lambdas/store/delivery-claims.ts';
import { getEndpoint } from '../../../lambdas/store/endpoints.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { openProbe, readReceipt } from '../../../lambdas/store/probes.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { ensureWorkspace } from '../../../lambdas/store/workspaces.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../../sim/builders/events.ts';
import { SENDS, suppressed } from './sends.ts';
import type { World, Write } from './write.ts';

const URL = 'https://hooks.example.com/';
const TOKEN = 'a'.repeat(52);
const PROBED_ID = deterministicId('evt', ['probed']);

async function webhookOf({ ask, rows }: World): Promise<string> {
  if (rows('endpoint').length === 0) await ask({ method: 'POST', path: '/v1/webhooks', body: { url: URL } });
  return String(rows('endpoint')[0]?.sk.slice('EP#'.length));
}

async function deliveryOf(world: World): Promise<string> {
  const endpointId = await webhookOf(world);
  const endpoint = await getEndpoint(world.table, WORKSPACE_ID, endpointId);
  if (!endpoint) throw new Error('There is no endpoint');
  const event = anEvent();
  await putRows(world.table, eventRows([event], { retentionDays: 90, receivedAtMs: world.world.nowMs }));
  const task = aTask(event, endpoint);
  const { nowMs } = world.world;
  await claimAttempt(world.table, { task, stored: { event, ttl: 1 }, execution: 'one', nowMs });
  await settleDelivery(world.table, task, { status: 'delivered', attemptCount: 1, nowMs });
  return (await world.ask({ path: `/v1/webhooks/${endpointId}/deliveries` })).body.data[0].id as string;
}

function changesOf({ rows }: World, action: string): number {
  return rows('endpoint_change').filter((row) => row['action'] === action).length;
}

export const TWICE_AT_ONCE = 'the api λ, making the key of all cursors twice at once';

export const WRITES: Readonly<Record<string, Write>> = {
  ...SENDS,
  'POST /v1/webhooks': {
    ask: async () => ({ method: 'POST', path: '/v1/webhooks', body: { url: URL } }),
    answers: [201],
    async check(world) {
      const made = world.rows('endpoint').length;
      expect(made).toBeLessThanOrEqual(2);
      expect(changesOf(world, 'created')).toBe(made);
    },
  },
  'PATCH /v1/webhooks/{id}': {
    async ask(world) {
      const path = `/v1/webhooks/${await webhookOf(world)}`;
      await world.ask({ method: 'PATCH', path, body: { status: 'paused' } });
      return { method: 'PATCH', path, body: { status: 'active', url: `${URL}moved` } };
    },
    answers: [200],
    check(world) {
      expect(world.rows('endpoint')[0]).toMatchObject({ status: 'active', url: `${URL}moved` });
      // Together with the change, or not at all: what was held is drained.
      expect(world.rows('command').length).toBeGreaterThanOrEqual(1);
    },
  },
  'POST /v1/webhooks/{id}/rotate-secret': {
    ask: async (world) => ({
      method: 'POST',
      path: `/v1/webhooks/${await webhookOf(world)}/rotate-secret`,
      body: {},
    }),
    answers: [200],
    async check(world) {
      const shown = await world.ask({ path: `/v1/webhooks/${await webhookOf(world)}/secret` });
      expect(shown.status).toBe(200);
      const secrets = world.rows('endpoint')[0]?.['secrets'] as readonly unknown[];
      expect(secrets.length).toBe(changesOf(world, 'secret_rotated') + 1);
    },
  },
  'GET /v1/webhooks/{id}/secret': {
    ask: async (world) => ({ path: `/v1/webhooks/${await webhookOf(world)}/secret` }),
    answers: [200],
    check(world) {
      // None is seen without a trace of it.
      expect(changesOf(world, 'secret_shown')).toBeGreaterThanOrEqual(1);
    },
  },
  'POST /v1/webhooks/{id}/test': {
    ask: async (world) => ({ method: 'POST', path: `/v1/webhooks/${await webhookOf(world)}/test`, body: {} }),
    answers: [200],
    check(world) {
      expect([1, 2]).toContain(world.webhooks.length);
    },
  },
  'DELETE /v1/webhooks/{id}': {
    ask: async (world) => ({ method: 'DELETE', path: `/v1/webhooks/${await webhookOf(world)}` }),
    answers: [204, 404],
    check(world) {
      expect(world.rows('endpoint')).toEqual([]);
    },
  },
  'POST /v1/webhooks/{id}/recover': {
    ask: async (world) => ({
      method: 'POST',
      path: `/v1/webhooks/${await webhookOf(world)}/recover`,
      body: { since: '2026-01-01T00:00:00Z' },
    }),
    answers: [202],
    check(world, told) {
      expect(world.rows('command').some((row) => row['id'] === told.body.recovery_id)).toBe(true);
    },
  },
  'POST /v1/deliveries/{id}/redeliver': {
    ask: async (world) => ({ method: 'POST', path: `/v1/deliveries/${await deliveryOf(world)}/redeliver` }),
    answers: [202],
    check(world) {
      expect(world.rows('command').length).toBeGreaterThanOrEqual(1);
    },
  },
  'POST /v1/suppressions': {
    ask: async () => ({ method: 'POST', path: '/v1/suppressions', body: { address: 'a@example.com' } }),
    answers: [200, 201],
    check(world) {
      expect(world.rows('suppression')).toHaveLength(1);
    },
  },
  'POST /v1/suppressions, of an address with a Unicode domain': {
    ask: async () => ({ method: 'POST', path: '/v1/suppressions', body: { address: 'ann@bücher.example' } }),
    answers: [201],
    check(world) {
      expect(world.rows('suppression')).toHaveLength(1);
    },
  },
  'POST /v1/suppressions, of one who is listed': {
    async ask(world) {
      await suppressed(world);
      return { method: 'POST', path: '/v1/suppressions', body: { address: 'Listed@example.com' } };
    },
    answers: [201],
    check(world) {
      expect(world.rows('suppression')).toMatchObject([{ address: 'listed@example.com' }]);
    },
  },
  'DELETE /v1/suppressions, of an address stored in two forms': {
    async ask({ ask, table }) {
      const made = await ask({
        method: 'POST',
        path: '/v1/suppressions',
        body: { address: 'ann@bücher.example' },
      });
      const [row] = [...table.rows.values()].filter(({ kind }) => kind === 'suppression');
      if (!row) throw new Error(`Not added: ${made.text}`);
      const older = { ...row, sk: 'ann@bücher.example' };
      table.rows.set(`${older.pk}\n${older.sk}`, older);
      return { method: 'DELETE', path: '/v1/suppressions', query: { address: 'ann@xn--bcher-kva.example' } };
    },
    answers: [204, 404],
    check(world) {
      expect(world.rows('suppression')).toEqual([]);
    },
  },
  'DELETE /v1/suppressions/{address}': {
    async ask(world) {
      // The list of SES is the account's.
      const workspaceId = DEFAULT_WORKSPACE_ID;
      await suppressed(world, workspaceId);
      world.world.sesSuppressed.add('listed@example.com');
      return {
        method: 'DELETE',
        path: '/v1/suppressions/listed@example.com',
        query: { ses: 'true' },
        workspaceId,
      };
    },
    answers: [204, 404],
    check(world) {
      expect([world.rows('suppression'), [...world.world.sesSuppressed]]).toEqual([[], []]);
    },
  },
  'POST /v1/api-keys': {
    ask: async () => ({ method: 'POST', path: '/v1/api-keys', body: { name: 'ci', scopes: ['read'] } }),
    answers: [201],
    async check(world) {
      const listed = (await world.ask({ path: '/v1/api-keys' })).body.data as readonly unknown[];
      expect(listed.length).toBe(world.rows('api_key').length);
    },
  },
  'DELETE /v1/api-keys/{id}': {
    async ask({ ask }) {
      const made = await ask({
        method: 'POST',
        path: '/v1/api-keys',
        body: { name: 'ci', scopes: ['read'] },
      });
      return { method: 'DELETE', path: `/v1/api-keys/${made.body.id}` };
    },
    answers: [204, 404],
    check(world) {
      expect(world.rows('api_key')).toEqual([]);
    },
  },
  'POST /probes/{token}': {
    async ask(world) {
      await openProbe(world.table, TOKEN, world.world.nowMs);
      return {
        method: 'POST',
        path: `/probes/${TOKEN}`,
        body: {},
        headers: { 'webhook-id': PROBED_ID },
      };
    },
    answers: [204],
    async check({ table }) {
      expect(await readReceipt(table, TOKEN, PROBED_ID)).toMatchObject({ body: '{}' });
    },
  },
  'the doctor, opening a probe': {
    ask:
      async ({ table, world }) =>
      () =>
        openProbe(table, TOKEN, world.nowMs),
    answers: [204],
    check({ rows }) {
      expect(rows('probe')).toHaveLength(1);
    },
  },
  'the authorizer, noting a use of a key': {
    async ask({ ask, table, world }) {
      const made = await ask({
        method: 'POST',
        path: '/v1/api-keys',
        body: { name: 'ci', scopes: ['read'] },
      });
      return async () => {
        const authorize = createAuthorizer({
          findApiKey: (hash: string) => findApiKey(table, hash),
          touchApiKey: (hash: string, at: string) => touchApiKey(table, hash, at),
          now: () => world.nowMs,
        });
        const { result } = await authorize({
          headers: { 'x-api-key': made.body.key },
          methodArn: 'arn:aws:execute-api:region:account:api/v1/GET/v1/workspace',
        });
        expect(result.context).toMatchObject({ key_id: made.body.id });
      };
    },
    answers: [204],
    check({ rows }) {
      expect(rows('api_key')).toMatchObject([{ last_used_at: expect.any(String) }]);
    },
  },
  [TWICE_AT_ONCE]: {
    ask:
      async ({ table, kms }) =>
      async () => {
        const own = { table, kms: kms.client, keyArn: 'key', randomBytes };
        const [one, other] = await Promise.all([cursorKey(own)(), cursorKey(own)()]);
        expect(one).toEqual(other);
      },
    answers: [204],
    check({ rows }) {
      expect(rows('cursor_key')).toHaveLength(1);
    },
  },
  'an operator, making a workspace': {
    ask:
      async ({ table }) =>
      () =>
        ensureWorkspace(table, {
          id: deterministicId('ws', ['new']),
          name: 'new',
          created_at: '2026-02-25T12:00:00Z',
          configuration_set: 'new',
        }),
    answers: [204],
    check({ rows }) {
      expect([rows('workspace').length, rows('configuration_set').length]).toEqual([1, 1]);
    },
  },
};
