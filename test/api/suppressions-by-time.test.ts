import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { suppressRecipient } from '../../lambdas/store/suppressions.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { setUpApi, type ApiResponse, type TestApi } from './harness.ts';

const PATH = '/v1/suppressions';
const workspaceId = DEFAULT_WORKSPACE_ID;

/** Added one hour apart, from noon on. */
const ADDED = [
  ['ben', 'bounce'],
  ['cy', 'manual'],
  ['ann', 'bounce'],
  ['dee', 'complaint'],
] as const;

let api: TestApi;
const list = (query: Record<string, string>): Promise<ApiResponse> =>
  api.sendRequest({ path: PATH, query, workspaceId });
const namesOf = ({ body }: ApiResponse): string =>
  body.data.map(({ address }: { address: string }) => address.split('@')[0]).join(' ');

beforeEach(async () => {
  api = setUpApi();
  for (const [name, reason] of ADDED) {
    await api.sendRequest({
      method: 'POST',
      path: PATH,
      body: { address: `${name}@example.com`, reason },
      workspaceId,
    });
    api.state.nowMs += 3_600_000;
  }
});

describe('GET /v1/suppressions', () => {
  it.each([
    [{ order: 'newest' }, 'dee ann cy ben'],
    [{ order: 'address' }, 'ann ben cy dee'],
    [{}, 'ann ben cy dee'],
    [{ order: 'newest', reason: 'bounce' }, 'ann ben'],
    [{ reason: 'bounce' }, 'ann ben'],
    [{ order: 'newest', after: '2026-02-25T13:00:00Z' }, 'dee ann cy'],
    [{ order: 'newest', before: '2026-02-25T13:00:00Z' }, 'ben'],
    [{ order: 'newest', after: '2026-02-25', before: '2026-02-26' }, 'dee ann cy ben'],
    [{ order: 'newest', after: '2026-02-26' }, ''],
    [{ after: '2026-02-25T13:00:00Z', before: '2026-02-25T15:00:00Z' }, 'ann cy'],
    [{ order: 'newest', reason: 'bounce', after: '2026-02-25T12:30:00Z' }, 'ann'],
    [{ prefix: 'a', reason: 'bounce' }, 'ann'],
    [{ prefix: 'a', reason: 'manual' }, ''],
    [{ address: 'ANN@example.com', reason: 'bounce' }, 'ann'],
    [{ address: 'ann@example.com', reason: 'manual' }, ''],
    [{ address: 'ann@example.com', after: '2026-02-25T15:00:00Z' }, ''],
    [{ address: 'ann@example.com', order: 'newest' }, 'ann'],
  ])('with %j returns %s', async (query, names) => {
    const response = await list(query);
    expect([response.status, namesOf(response)]).toEqual([200, names]);
    expect(response.body).not.toHaveProperty('total');
    const counted = await list({ ...query, total: 'true', limit: '1' });
    expect(counted.body.total).toEqual({ count: names.split(' ').filter(Boolean).length, exact: true });
  });

  it('pages through the newest first, in both directions, with and without the total', async () => {
    const query = { order: 'newest', limit: '3' };
    const first = await list({ ...query, total: 'true' });
    expect(namesOf(first)).toBe('dee ann cy');
    const second = await list({ ...query, cursor: first.body.next_cursor });
    expect([namesOf(second), second.body.next_cursor]).toEqual(['ben', null]);
    const back = await list({ ...query, cursor: second.body.prev_cursor });
    expect(namesOf(back)).toBe('dee ann cy');
  });

  it('names the event and the message that suppressed the recipient', async () => {
    const event = anEvent({ workspace_id: workspaceId, event: 'bounced', to: 'gone@example.com' });
    await suppressRecipient(api.table, event, 'bounce');
    const { body } = await list({ prefix: 'gone' });
    expect(body.data).toMatchObject([{ event_id: event.event_id, message_id: event.message_id }]);
    expect((await list({ prefix: 'ann' })).body.data).toMatchObject([{ event_id: null, message_id: null }]);
  });

  it.each([
    [{ order: 'newest', prefix: 'a' }, 'order'],
    [{ address: 'ann@example.com', prefix: 'a' }, 'prefix'],
    [{ after: '2026-02-26', before: '2026-02-26' }, 'after'],
    [{ order: 'newest', after: '2026-02-27', before: '2026-02-26' }, 'after'],
  ])('refuses the conflict in %j and names the parameter', async (query, field) => {
    expect(await list(query)).toMatchObject({
      status: 400,
      body: { error: { code: 'conflicting_filters', field } },
    });
  });

  it.each([
    [{ order: 'oldest' }, 'order'],
    [{ reason: 'spam' }, 'reason'],
    [{ after: 'yesterday' }, 'after'],
    [{ total: 'yes' }, 'total'],
  ])('refuses %j and names the parameter', async (query, field) => {
    expect(await list(query)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field } },
    });
  });

  it('refuses a cursor of the other order', async () => {
    const { body } = await list({ order: 'newest', limit: '1' });
    expect(await list({ order: 'address', limit: '1', cursor: body.next_cursor })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_cursor' } },
    });
  });

  it('asks the client to try again while the suppressions of an earlier version are still being sorted', async () => {
    const suppressions = api.rows('suppression');
    for (const key of api.table.rows.keys()) api.table.rows.delete(key);
    for (const [index, { timed: _timed, ...row }] of [
      ...suppressions,
      ...suppressions,
      ...suppressions,
    ].entries()) {
      const old = { ...row, sk: `${index}${row.sk}`, address: `${index}${String(row['address'])}` };
      api.table.rows.set(`${old.pk}\n${old.sk}`, old);
    }
    api.table.before = (command) => {
      if (command === 'TransactWriteCommand') api.state.nowMs += 4_000;
    };
    expect(await list({ order: 'newest' })).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable' } },
      headers: { 'retry-after': '1' },
    });
    expect((await list({ order: 'newest' })).body.data).toHaveLength(12);
  });
});
