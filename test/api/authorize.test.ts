import { randomBytes } from 'node:crypto';
import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAuthorizer, MAX_CACHED_KEYS, CACHE_MS } from '../../lambdas/api/authorize.ts';
import { apiKeyHash, newApiKey } from '../../lambdas/core/api-key.ts';
import type { ApiKey } from '../../lambdas/store/api-keys.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';

const METHOD_ARN = 'arn:aws:execute-api:us-east-1:123456789012:api1/prod/GET/v1/send/logs';
const KEY = newApiKey('live', randomBytes);
const STORED: ApiKey = {
  id: 'key_a',
  workspace_id: WORKSPACE_ID,
  name: 'admin ä',
  scopes: ['send', 'read'],
  hint: '',
  created_at: '2026-01-01T00:00:00Z',
};

const NOW_MS = Date.parse('2026-02-25T12:00:00Z');

function setUp(stored: Partial<ApiKey> = {}) {
  const lookups: string[] = [];
  const touched: string[] = [];
  const keys = new Map([[apiKeyHash(KEY), { ...STORED, ...stored }]]);
  const state: { touchError?: Error; findError?: Error; nowMs: number } = { nowMs: NOW_MS };
  const authorizer = createAuthorizer({
    async findApiKey(hash: string) {
      if (state.findError) throw state.findError;
      lookups.push(hash);
      return keys.get(hash);
    },
    async touchApiKey(hash: string, at: string) {
      if (state.touchError) throw state.touchError;
      touched.push(`${hash} ${at}`);
    },
    now: () => state.nowMs,
  });
  return {
    lookups,
    touched,
    keys,
    state,
    authorize: async (headers: Record<string, string>) =>
      (await authorizer({ headers, methodArn: METHOD_ARN })).result,
    isFromCache: async () =>
      (await authorizer({ headers: { 'x-api-key': KEY }, methodArn: METHOD_ARN })).fromCache,
  };
}

function effectOf({ policyDocument }: APIGatewayAuthorizerResult): unknown {
  return policyDocument.Statement[0]?.Effect;
}

describe('the authorizer refuses a request', () => {
  it.each([{}, { 'x-api-key': '' }, { authorization: KEY }, { authorization: `Basic ${KEY}` }])(
    'without a key: %j',
    async (headers) => {
      await expect(setUp().authorize(headers as Record<string, string>)).rejects.toThrow(/^Unauthorized$/);
    },
  );

  it.each([
    `${KEY.slice(0, -1)}${KEY.endsWith('0') ? '1' : '0'}`,
    `ivy_live_${'a'.repeat(36)}`,
    'x',
    `${KEY} `,
  ])('with a malformed key, without a lookup: %s', async (key) => {
    const { authorize, lookups } = setUp();
    expect(effectOf(await authorize({ 'x-api-key': key }))).toBe('Deny');
    expect(lookups).toEqual([]);
  });

  it('with an unknown key, with the same result as for a malformed key', async () => {
    const { authorize } = setUp();
    const unknown = await authorize({ 'x-api-key': newApiKey('live', randomBytes) });
    expect(unknown).toEqual(await authorize({ 'x-api-key': 'x' }));
  });

  it('with an expired key', async () => {
    const { authorize } = setUp({ expires_at: '2026-02-25T12:00:00Z' });
    expect(effectOf(await authorize({ 'x-api-key': KEY }))).toBe('Deny');
  });
});

describe('a valid key', () => {
  it.each([
    ['x-api-key', KEY],
    ['X-Api-Key', KEY],
    ['Authorization', `Bearer ${KEY}`],
    ['authorization', `bearer ${KEY}`],
  ])('in the header %s allows all routes and adds the workspace to the context: %s', async (name, value) => {
    const { authorize, lookups } = setUp({ expires_at: '2026-02-25T12:00:01Z' });
    expect(await authorize({ [name]: value })).toEqual({
      principalId: 'key_a',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: 'arn:aws:execute-api:us-east-1:123456789012:api1/prod/*/*',
          },
        ],
      },
      context: {
        workspace_id: WORKSPACE_ID,
        key_id: 'key_a',
        key_name: 'admin%20%C3%A4',
        scopes: 'send read',
      },
    });
    expect(lookups).toEqual([apiKeyHash(KEY)]);
  });
});

describe('the last-used time of a key', () => {
  const RECORDED = [`${apiKeyHash(KEY)} 2026-02-25T12:00:00Z`];
  it.each([
    ['was never used', undefined, RECORDED],
    ['was last used an hour ago', '2026-02-25T11:00:00Z', RECORDED],
    ['was last used less than an hour ago', '2026-02-25T11:00:01Z', []],
  ])('is recorded at most once an hour: the key %s', async (_title, lastUsed, expected) => {
    const { authorize, touched } = setUp(lastUsed === undefined ? {} : { last_used_at: lastUsed });
    expect(effectOf(await authorize({ 'x-api-key': KEY }))).toBe('Allow');
    expect(touched).toEqual(expected);
  });

  it('does not block the request if it cannot be recorded', async () => {
    const { authorize, state } = setUp();
    state.touchError = new Error('throttled');
    expect(effectOf(await authorize({ 'x-api-key': KEY }))).toBe('Allow');
  });

  it('is not recorded for a denied key', async () => {
    const { authorize, touched } = setUp({ expires_at: '2026-01-01T00:00:00Z' });
    expect(effectOf(await authorize({ 'x-api-key': KEY }))).toBe('Deny');
    expect(touched).toEqual([]);
  });
});

describe('two different keys in one request', () => {
  it('are allowed without a workspace and without a lookup, so that the API returns the error', async () => {
    const { authorize, lookups } = setUp();
    const other = newApiKey('live', randomBytes);
    for (const [first, second] of [
      [KEY, other],
      [other, KEY],
      ['x', 'y'],
    ] as const) {
      const result = await authorize({ 'x-api-key': first, authorization: `Bearer ${second}` });
      expect(effectOf(result)).toBe('Allow');
      expect(result.context).toEqual({ credentials: 'conflict' });
    }
    expect(lookups).toEqual([]);
  });
});

describe('a cached key', () => {
  const bearer = { authorization: `Bearer ${KEY}` };
  const header = { 'x-api-key': KEY };

  it('is read from the table once a minute, in either header', async () => {
    const { authorize, lookups, state } = setUp();
    for (const headers of [header, bearer, header]) {
      expect(effectOf(await authorize(headers))).toBe('Allow');
    }
    expect(lookups).toHaveLength(1);
    state.nowMs += CACHE_MS;
    await authorize(bearer);
    expect(lookups).toHaveLength(2);
  });

  it('stops working within a minute after it is revoked, also if it is used all the time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(CACHE_MS), { maxLength: 20 }),
        fc.array(fc.nat(CACHE_MS), { maxLength: 20 }),
        async (before, after) => {
          const { authorize, keys, state } = setUp();
          for (const waitMs of before) {
            state.nowMs += waitMs;
            expect(effectOf(await authorize(header))).toBe('Allow');
          }
          keys.clear();
          const revokedMs = state.nowMs;
          for (const waitMs of after.toSorted((left, right) => left - right)) {
            state.nowMs = revokedMs + waitMs;
            await authorize(bearer);
          }
          state.nowMs = revokedMs + CACHE_MS;
          expect(effectOf(await authorize(header))).toBe('Deny');
        },
      ),
    );
  });

  it('is denied from the millisecond at which it expires', async () => {
    const { authorize, state } = setUp({ expires_at: '2026-02-25T12:00:30Z' });
    expect(effectOf(await authorize(header))).toBe('Allow');
    state.nowMs = NOW_MS + 29_999;
    expect(effectOf(await authorize(header))).toBe('Allow');
    state.nowMs = NOW_MS + 30_000;
    expect(effectOf(await authorize(header))).toBe('Deny');
  });

  it('is read again if the clock was set back', async () => {
    const { authorize, keys, state } = setUp();
    await authorize(header);
    keys.clear();
    state.nowMs -= 1;
    expect(effectOf(await authorize(header))).toBe('Deny');
  });

  it('is not allowed from the cache after a minute, also if the table cannot be read', async () => {
    const { authorize, state } = setUp();
    await authorize(header);
    state.findError = new Error('throttled');
    expect(effectOf(await authorize(header))).toBe('Allow');
    state.nowMs += CACHE_MS;
    await expect(authorize(header)).rejects.toThrow('throttled');
    await expect(authorize(header)).rejects.toThrow('throttled');
  });

  it('is reported as read from the cache', async () => {
    const { isFromCache } = setUp();
    expect([await isFromCache(), await isFromCache()]).toEqual([false, true]);
  });

  it('is recorded as used only when it is read from the table', async () => {
    const { authorize, touched, state } = setUp({ last_used_at: '2026-02-25T11:00:01Z' });
    await authorize(header);
    // The hour is over, but the key is still in the cache.
    state.nowMs += 30_000;
    await authorize(header);
    expect(touched).toEqual([]);
    state.nowMs += 30_000;
    await authorize(header);
    expect(touched).toHaveLength(1);
  });

  it('is removed if the cache is full: the cache holds a bounded number of keys', async () => {
    const { authorize, keys, lookups } = setUp();
    const texts = Array.from({ length: MAX_CACHED_KEYS }, () => newApiKey('live', randomBytes));
    for (const text of texts) keys.set(apiKeyHash(text), STORED);
    await authorize(header);
    for (const text of texts) {
      await authorize({ 'x-api-key': text });
    }
    expect(lookups).toHaveLength(MAX_CACHED_KEYS + 1);
    await authorize({ 'x-api-key': texts[0] ?? '' });
    expect(lookups).toHaveLength(MAX_CACHED_KEYS + 1);
    await authorize(header);
    expect(lookups).toHaveLength(MAX_CACHED_KEYS + 2);
  });
});

describe('a denied key', () => {
  it('is not cached: the key works as soon as it exists', async () => {
    const { authorize, keys } = setUp();
    const newKey = newApiKey('live', randomBytes);
    expect(effectOf(await authorize({ 'x-api-key': newKey }))).toBe('Deny');
    keys.set(apiKeyHash(newKey), STORED);
    expect(effectOf(await authorize({ 'x-api-key': newKey }))).toBe('Allow');
  });
});
