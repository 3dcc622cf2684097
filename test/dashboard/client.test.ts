import { describe, expect, it } from 'vitest';
import { createClient, type RequestOptions } from '../../dashboard/api/client.ts';

/** A client of an API that responds with these statuses, one after another, and with 200 after the last. */
function setUp(...statuses: readonly number[]) {
  const left = [...statuses];
  const waits: number[] = [];
  let requests = 0;
  const client = createClient({
    root: new URL('https://api.example/prod/'),
    key: () => 'ivy_good',
    onKeyRejected: () => undefined,
    sleep: async (ms) => void waits.push(ms),
    fetch: async () => {
      requests += 1;
      return Response.json({}, { status: left.shift() ?? 200 });
    },
  });
  const statusOf = (options?: RequestOptions): Promise<number> =>
    client.request('/v1/send/logs', options).then(
      ({ status }) => status,
      (error: { status: number }) => error.status,
    );
  return { statusOf, waits, requests: () => requests };
}

describe('a request to a busy API', () => {
  it.each([429, 503])('is repeated after status %i if it changes nothing', async (status) => {
    const api = setUp(status, status);
    expect(await api.statusOf()).toBe(200);
    expect(api.waits).toEqual([500, 1_500]);
  });

  it('is repeated if it is a dry run', async () => {
    const api = setUp(503);
    expect(await api.statusOf({ method: 'POST', body: {}, isRead: true })).toBe(200);
  });

  it('fails after three tries', async () => {
    const api = setUp(503, 503, 429);
    expect(await api.statusOf()).toBe(429);
    expect(api.requests()).toBe(3);
  });

  it('is sent once if it can change something', async () => {
    const api = setUp(503);
    expect(await api.statusOf({ method: 'POST', body: {} })).toBe(503);
    expect(api.requests()).toBe(1);
  });

  it('is sent once if another status shows that it will never succeed', async () => {
    const api = setUp(404);
    expect(await api.statusOf()).toBe(404);
    expect(api.requests()).toBe(1);
  });

  it('is not repeated after the page has canceled it', async () => {
    const api = setUp(503);
    const controller = new AbortController();
    controller.abort();
    await api.statusOf({ signal: controller.signal });
    expect(api.requests()).toBe(1);
  });
});
