import { describe, expect, it } from 'vitest';
import { openProbe, readReceipt } from '../../lambdas/store/doctor-probes.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { NOW_MS, setUpApi } from './harness.ts';

const TOKEN = 'a'.repeat(52);
const ID = deterministicId('evt', ['a']);

function withProbe() {
  const api = setUpApi();
  const send = (
    token = TOKEN,
    body: unknown = '{ "event" : "delivered" }',
    headers: Record<string, string> = {},
  ) =>
    api.sendRequest({
      method: 'POST',
      path: `/probes/${token}`,
      body,
      headers: { 'Webhook-Id': ID, ...headers },
    });
  return { ...api, send };
}

describe('a probe', () => {
  it('stores a received webhook byte for byte, and needs no API key', async () => {
    const { table, send } = withProbe();
    await openProbe(table, TOKEN, NOW_MS);
    expect((await send(TOKEN, '', { 'webhook-signature': 'v1,abc', cookie: 'secret' })).status).toBe(400);
    expect(
      (await send(TOKEN, '{ "event" : "delivered" }', { 'webhook-signature': 'v1,abc', cookie: 'secret' }))
        .status,
    ).toBe(204);
    expect(await readReceipt(table, TOKEN, ID)).toEqual({
      headers: {
        'webhook-id': ID,
        'webhook-timestamp': '',
        'webhook-signature': 'v1,abc',
        'x-ivymail-signature': '',
      },
      body: '{ "event" : "delivered" }',
    });
    expect(await readReceipt(table, TOKEN, deterministicId('evt', ['b']))).toBeUndefined();
    expect(JSON.stringify([...table.rows])).not.toContain(TOKEN);
  });

  it.each([
    ['an unknown token', 'b'.repeat(52)],
    ['a malformed token', 'a'],
  ])('returns 404 for %s', async (_title, token) => {
    const { table, send } = withProbe();
    await openProbe(table, TOKEN, NOW_MS);
    expect((await send(token)).status).toBe(404);
  });

  it('closes after an hour', async () => {
    const { table, send, state } = withProbe();
    await openProbe(table, TOKEN, NOW_MS);
    state.nowMs = NOW_MS + 3_600_000;
    expect((await send()).status).toBe(404);
  });

  it('accepts no body larger than a webhook', async () => {
    const { table, send } = withProbe();
    await openProbe(table, TOKEN, NOW_MS);
    expect((await send(TOKEN, JSON.stringify({ x: 'x'.repeat(16 * 1024) }))).status).toBe(413);
    // A larger body is refused before it is parsed: this one is not JSON.
    expect((await send(TOKEN, `{"x":${' '.repeat(16 * 1024)}`)).status).toBe(413);
  });
});
