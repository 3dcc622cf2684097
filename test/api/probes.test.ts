import { describe, expect, it } from 'vitest';
import { openProbe, readReceipt } from '../../lambdas/store/probes.ts';
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
  it('keeps what arrives, byte for byte, and needs no key', async () => {
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
    ['one that nobody opened', 'b'.repeat(52)],
    ['what is no token', 'a'],
  ])('is not found: %s', async (_title, token) => {
    const { table, send } = withProbe();
    await openProbe(table, TOKEN, NOW_MS);
    expect((await send(token)).status).toBe(404);
  });

  it('closes by itself after an hour', async () => {
    const { table, send, state } = withProbe();
    await openProbe(table, TOKEN, NOW_MS);
    state.nowMs = NOW_MS + 3_600_000;
    expect((await send()).status).toBe(404);
  });

  it('takes no more than a webhook', async () => {
    const { table, send } = withProbe();
    await openProbe(table, TOKEN, NOW_MS);
    expect((await send(TOKEN, JSON.stringify({ x: 'x'.repeat(16 * 1024) }))).status).toBe(413);
    // And does not parse what is more.
    expect((await send(TOKEN, `{"x":${' '.repeat(16 * 1024)}`)).status).toBe(413);
  });
});
