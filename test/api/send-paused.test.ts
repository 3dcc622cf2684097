import { describe, expect, it } from 'vitest';
import { describePause } from '../../lambdas/core/reputation/describe.ts';
import { initialScope } from '../../lambdas/core/reputation/decide.ts';
import { pausedByPerson } from '../../lambdas/core/reputation/manual.ts';
import type { ReputationReason, ScopeState } from '../../lambdas/core/reputation/types.ts';
import { transition } from '../../lambdas/store/reputation.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type TestApi } from './harness.ts';

const EMAIL = { from: 'You <you@example.com>', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };
const REASON: ReputationReason = {
  window: 'hour',
  metric: 'bounce',
  severity: 'pause',
  rate: 0.1234,
  limit: 0.1,
  count: 1234,
  volume: 10_000,
};

function send({ sendRequest }: TestApi, key?: string, changes: object = {}) {
  return sendRequest({
    method: 'POST',
    path: '/v1/send',
    body: { ...EMAIL, ...changes },
    scopes: ['send'],
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  });
}

/** Pauses a scope as the guard does. */
async function pause({ table }: TestApi, configurationSet: string | null = null): Promise<void> {
  const previous = initialScope(configurationSet);
  const next: ScopeState = {
    ...pausedByPerson(previous, { by: 'guard', nowMs: NOW_MS }),
    reasons: [REASON],
  };
  await transition(table, { workspaceId: WORKSPACE_ID, previous, next, at: '2026-02-25T12:00:00Z' });
}

const resume = ({ sendRequest }: TestApi, body: object = {}) =>
  sendRequest({ method: 'POST', path: '/v1/reputation/resume', body });

describe('while the workspace is paused, POST /v1/send', () => {
  it('responds with 409 and the reason, without a call to SES and without a log entry', async () => {
    const api = setUpApi();
    await pause(api);
    const { status, body } = await send(api);
    expect(status).toBe(409);
    expect(body.error).toEqual({
      code: 'reputation_paused',
      message:
        'Sending is paused for this workspace since 2026-02-25T12:00:00Z. The bounce rate in the last two hours is 12.34 % (1234 bounces of 10000 sent emails). The guard pauses at 10 %. Nothing was sent. POST /v1/reputation/resume ends the pause',
    });
    expect(api.emails).toEqual([]);
    expect(api.rows('event')).toEqual([]);
  });

  it('does not store the response under the idempotency key, so the same key sends after a resume', async () => {
    const api = setUpApi();
    await pause(api);
    expect((await send(api, 'order-1')).status).toBe(409);
    expect(api.rows('idempotency')).toEqual([]);
    expect((await resume(api)).status).toBe(200);
    const sent = await send(api, 'order-1');
    expect(sent.status).toBe(202);
    expect(sent.headers['idempotency-replayed']).toBeUndefined();
    expect(api.emails).toHaveLength(1);
  });

  it('returns the first response to a repeated request whose email was sent before the pause', async () => {
    const api = setUpApi();
    const first = await send(api, 'order-1');
    await pause(api);
    const second = await send(api, 'order-1');
    expect([second.status, second.body]).toEqual([202, first.body]);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect((await send(api, 'order-1', { subject: 'Other' })).body.error.code).toBe('idempotency_conflict');
    expect(api.emails).toHaveLength(1);
  });

  it('returns outcome_unknown to a repeated request whose email may have been sent before the pause', async () => {
    const api = setUpApi();
    api.state.sesError = Object.assign(new Error('timeout'), { name: 'TimeoutError' });
    expect((await send(api, 'order-1')).body.error.code).toBe('outcome_unknown');
    delete api.state.sesError;
    await pause(api);
    const { status, body } = await send(api, 'order-1');
    expect([status, body.error.code]).toEqual([503, 'outcome_unknown']);
    expect(api.emails).toHaveLength(1);
  });

  it('refuses a key that has expired', async () => {
    const api = setUpApi();
    await send(api, 'order-1');
    await pause(api);
    api.state.nowMs += 24 * 3_600_000;
    expect((await send(api, 'order-1')).body.error.code).toBe('reputation_paused');
  });

  it('still refuses an invalid email with 422', async () => {
    const api = setUpApi();
    await pause(api);
    expect((await send(api, undefined, { to: [] })).status).toBe(422);
  });
});

describe('POST /v1/send', () => {
  it('stops if the configuration set of the deployment is paused, because every email of the API uses it', async () => {
    const api = setUpApi();
    await pause(api, api.deps.configurationSet);
    const { status, body } = await send(api);
    expect([status, body.error.message]).toEqual([
      409,
      expect.stringContaining('for the configuration set IvyMailEvents since'),
    ]);
    expect(api.emails).toEqual([]);
  });

  it('does not stop for another configuration set, or for a warning', async () => {
    const api = setUpApi();
    await pause(api, 'news');
    const previous = initialScope(null);
    await transition(api.table, {
      workspaceId: WORKSPACE_ID,
      previous,
      next: { ...previous, state: 'warning', reasons: [REASON], version: 1 },
      at: '2026-02-25T12:00:00Z',
    });
    expect((await send(api)).status).toBe(202);
  });

  it('does not stop for a pause of another workspace', async () => {
    const api = setUpApi();
    await pause(api);
    const { status } = await api.sendRequest({
      method: 'POST',
      path: '/v1/send',
      body: EMAIL,
      workspaceId: `ws_${'b'.repeat(26)}`,
    });
    expect(status).toBe(202);
  });

  it('reads the guard once, at the same time as the suppression list', async () => {
    const api = setUpApi();
    const { table } = api;
    let active = 0;
    let most = 0;
    const original = table.client.send.bind(table.client) as (command: never) => Promise<unknown>;
    table.client.send = (async (command: never) => {
      active += 1;
      most = Math.max(most, active);
      try {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        return await original(command);
      } finally {
        active -= 1;
      }
    }) as never;
    await send(api);
    expect(table.calls.filter((call) => call.includes('BatchGet'))).toHaveLength(1);
    expect(most).toBe(2);
  });

  it('reads a pause again, consistently, so that an old copy of the row does not stop an email after a resume', async () => {
    const api = setUpApi();
    await pause(api);
    const { table } = api;
    const original = table.client.send.bind(table.client) as (command: never) => Promise<unknown>;
    const reads: boolean[] = [];
    const paused = new Map(table.rows);
    await resume(api);
    const resumed = new Map(table.rows);
    table.client.send = (async (command: { constructor: { name: string }; input: object }) => {
      if (command.constructor.name !== 'BatchGetCommand') return original(command as never);
      const { RequestItems: items } = command.input as {
        readonly RequestItems: Readonly<Record<string, { readonly ConsistentRead: boolean }>>;
      };
      const consistent = Object.values(items).every(({ ConsistentRead }) => ConsistentRead);
      reads.push(consistent);
      const rows = consistent ? resumed : paused;
      return { Responses: { [table.name]: [...rows.values()].filter(({ sk }) => sk === 'STATE#') } };
    }) as never;
    expect((await send(api)).status).toBe(202);
    expect(reads).toEqual([false, true]);
  });

  it('sends the email if the guard cannot be read, and reports it', async () => {
    const api = setUpApi();
    await pause(api);
    const original = api.table.client.send.bind(api.table.client) as (command: never) => Promise<unknown>;
    const error = new Error('No connection');
    api.table.client.send = (async (command: { constructor: { name: string } }) => {
      if (command.constructor.name === 'BatchGetCommand') throw error;
      return original(command as never);
    }) as never;
    expect((await send(api)).status).toBe(202);
    expect(api.unchecked).toEqual([error]);
    expect(api.emails).toHaveLength(1);
  });
});

describe('the text of a pause', () => {
  it('says that a person paused, without the id of the key', () => {
    const paused = pausedByPerson(initialScope('news'), { by: 'key_a', nowMs: NOW_MS });
    expect(describePause(paused)).toBe(
      'Sending is paused for the configuration set news since 2026-02-25T12:00:00Z. A person paused it. Nothing was sent. POST /v1/reputation/resume with the configuration_set news ends the pause',
    );
  });

  it('names each limit that pauses, and no limit that only warns', () => {
    const complaint = { ...REASON, metric: 'complaint', window: 'day', rate: 0.00512, limit: 0.003 } as const;
    const reasons = [REASON, complaint, { ...REASON, window: 'day', severity: 'warning' } as const];
    const text = describePause({ ...initialScope(null), reasons });
    expect(text).toContain(
      '. The complaint rate in the last 24 hours is 0.51 % (1234 complaints about 10000 delivered',
    );
    expect(text.match(/bounce rate/g)).toHaveLength(1);
  });
});
