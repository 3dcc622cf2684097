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
  name: 'admin',
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
  const authorize = createAuthorizer({
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
    ask: async (headers: Record<string, string>) =>
      (await authorize({ headers, methodArn: METHOD_ARN })).result,
    remembers: async () =>
      (await authorize({ headers: { 'x-api-key': KEY }, methodArn: METHOD_ARN })).fromCache,
  };
}

function effectOf({ policyDocument }: APIGatewayAuthorizerResult): unknown {
  return policyDocument.Statement[0]?.Effect;
}

describe('nobody passes', () => {
  it.each([{}, { 'x-api-key': '' }, { authorization: KEY }, { authorization: `Basic ${KEY}` }])(
    'without a key: %j',
    async (headers) => {
      await expect(setUp().ask(headers as Record<string, string>)).rejects.toThrow(/^Unauthorized$/);
    },
  );

  it.each([
    `${KEY.slice(0, -1)}${KEY.endsWith('0') ? '1' : '0'}`,
    `ivy_live_${'a'.repeat(36)}`,
    'x',
    `${KEY} `,
  ])('with a key that is misspelt, and nothing is looked up: %s', async (key) => {
    const { ask, lookups } = setUp();
    expect(effectOf(await ask({ 'x-api-key': key }))).toBe('Deny');
    expect(lookups).toEqual([]);
  });

  it('with a key that nobody has, told apart from a misspelt one by nothing', async () => {
    const { ask } = setUp();
    const unknown = await ask({ 'x-api-key': newApiKey('live', randomBytes) });
    expect(unknown).toEqual(await ask({ 'x-api-key': 'x' }));
  });

  it('with a key that has expired', async () => {
    const { ask } = setUp({ expires_at: '2026-02-25T12:00:00Z' });
    expect(effectOf(await ask({ 'x-api-key': KEY }))).toBe('Deny');
  });
});

describe('a key', () => {
  it.each([
    ['x-api-key', KEY],
    ['X-Api-Key', KEY],
    ['Authorization', `Bearer ${KEY}`],
    ['authorization', `bearer ${KEY}`],
  ])('in the header %s opens the whole stage, and says whose it is: %s', async (name, value) => {
    const { ask, lookups } = setUp({ expires_at: '2026-02-25T12:00:01Z' });
    expect(await ask({ [name]: value })).toEqual({
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
      context: { workspace_id: WORKSPACE_ID, key_id: 'key_a', scopes: 'send read' },
    });
    expect(lookups).toEqual([apiKeyHash(KEY)]);
  });
});

describe('the last use of a key', () => {
  const NOTED = [`${apiKeyHash(KEY)} 2026-02-25T12:00:00Z`];
  it.each([
    ['was never used', undefined, NOTED],
    ['was last used an hour ago', '2026-02-25T11:00:00Z', NOTED],
    ['was last used less than an hour ago', '2026-02-25T11:00:01Z', []],
  ])('is noted where it %s: %s', async (_when, lastUsed, noted) => {
    const { ask, touched } = setUp(lastUsed === undefined ? {} : { last_used_at: lastUsed });
    expect(effectOf(await ask({ 'x-api-key': KEY }))).toBe('Allow');
    expect(touched).toEqual(noted);
  });

  it('that cannot be noted keeps nobody out', async () => {
    const { ask, state } = setUp();
    state.touchError = new Error('throttled');
    expect(effectOf(await ask({ 'x-api-key': KEY }))).toBe('Allow');
  });

  it('is not noted of a key that is denied', async () => {
    const { ask, touched } = setUp({ expires_at: '2026-01-01T00:00:00Z' });
    expect(effectOf(await ask({ 'x-api-key': KEY }))).toBe('Deny');
    expect(touched).toEqual([]);
  });
});

describe('two keys that differ', () => {
  it('pass without a workspace, and neither of them is looked up', async () => {
    const { ask, lookups } = setUp();
    const other = newApiKey('live', randomBytes);
    for (const [first, second] of [
      [KEY, other],
      [other, KEY],
      ['x', 'y'],
    ] as const) {
      const result = await ask({ 'x-api-key': first, authorization: `Bearer ${second}` });
      expect(effectOf(result)).toBe('Allow');
      expect(result.context).toEqual({ credentials: 'conflict' });
    }
    expect(lookups).toEqual([]);
  });
});

describe('a key that was found', () => {
  const bearer = { authorization: `Bearer ${KEY}` };
  const header = { 'x-api-key': KEY };

  it('is read once a minute, in whichever header it comes', async () => {
    const { ask, lookups, state } = setUp();
    for (const headers of [header, bearer, header]) {
      expect(effectOf(await ask(headers))).toBe('Allow');
    }
    expect(lookups).toHaveLength(1);
    state.nowMs += CACHE_MS;
    await ask(bearer);
    expect(lookups).toHaveLength(2);
  });

  it('works for less than a minute after it is revoked, however often it is used', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(CACHE_MS), { maxLength: 20 }),
        fc.array(fc.nat(CACHE_MS), { maxLength: 20 }),
        async (before, after) => {
          const { ask, keys, state } = setUp();
          for (const waitMs of before) {
            state.nowMs += waitMs;
            expect(effectOf(await ask(header))).toBe('Allow');
          }
          keys.clear();
          const revokedMs = state.nowMs;
          for (const waitMs of after.toSorted((left, right) => left - right)) {
            state.nowMs = revokedMs + waitMs;
            await ask(bearer);
          }
          state.nowMs = revokedMs + CACHE_MS;
          expect(effectOf(await ask(header))).toBe('Deny');
        },
      ),
    );
  });

  it('is denied at the very moment that it expires', async () => {
    const { ask, state } = setUp({ expires_at: '2026-02-25T12:00:30Z' });
    expect(effectOf(await ask(header))).toBe('Allow');
    state.nowMs = NOW_MS + 29_999;
    expect(effectOf(await ask(header))).toBe('Allow');
    state.nowMs = NOW_MS + 30_000;
    expect(effectOf(await ask(header))).toBe('Deny');
  });

  it('is read again where the clock was set back', async () => {
    const { ask, keys, state } = setUp();
    await ask(header);
    keys.clear();
    state.nowMs -= 1;
    expect(effectOf(await ask(header))).toBe('Deny');
  });

  it('is not let in from memory once the minute is over and the table cannot be read', async () => {
    const { ask, state } = setUp();
    await ask(header);
    state.findError = new Error('throttled');
    expect(effectOf(await ask(header))).toBe('Allow');
    state.nowMs += CACHE_MS;
    await expect(ask(header)).rejects.toThrow('throttled');
    await expect(ask(header)).rejects.toThrow('throttled');
  });

  it('is told to come from memory, or not', async () => {
    const { remembers } = setUp();
    expect([await remembers(), await remembers()]).toEqual([false, true]);
  });

  it('is recorded as used by the read alone', async () => {
    const { ask, touched, state } = setUp({ last_used_at: '2026-02-25T11:00:01Z' });
    await ask(header);
    // Now the hour is over, and the key is still remembered.
    state.nowMs += 30_000;
    await ask(header);
    expect(touched).toEqual([]);
    state.nowMs += 30_000;
    await ask(header);
    expect(touched).toHaveLength(1);
  });

  it('makes room for another: memory holds a bounded number of keys', async () => {
    const { ask, keys, lookups } = setUp();
    const texts = Array.from({ length: MAX_CACHED_KEYS }, () => newApiKey('live', randomBytes));
    for (const text of texts) keys.set(apiKeyHash(text), STORED);
    await ask(header);
    for (const text of texts) {
      await ask({ 'x-api-key': text });
    }
    expect(lookups).toHaveLength(MAX_CACHED_KEYS + 1);
    await ask({ 'x-api-key': texts[0] ?? '' });
    expect(lookups).toHaveLength(MAX_CACHED_KEYS + 1);
    await ask(header);
    expect(lookups).toHaveLength(MAX_CACHED_KEYS + 2);
  });
});

describe('a denial', () => {
  it('is not remembered: a key works as soon as it exists', async () => {
    const { ask, keys } = setUp();
    const created = newApiKey('live', randomBytes);
    expect(effectOf(await ask({ 'x-api-key': created }))).toBe('Deny');
    keys.set(apiKeyHash(created), STORED);
    expect(effectOf(await ask({ 'x-api-key': created }))).toBe('Allow');
  });
});
