import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { authorize } from '../../lambdas/api/authorize.ts';
import { apiKeyHash, newApiKey } from '../../lambdas/core/api-key.ts';
import type { ApiKey } from '../../lambdas/store/api-keys.ts';
import { WORKSPACE_ID } from '../builders/events.ts';

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

function setUp(stored: Partial<ApiKey> = {}) {
  const lookups: string[] = [];
  const touched: string[] = [];
  const world: { touchError?: Error } = {};
  const deps = {
    async findApiKey(hash: string) {
      lookups.push(hash);
      return hash === apiKeyHash(KEY) ? { ...STORED, ...stored } : undefined;
    },
    async touchApiKey(hash: string, at: string) {
      if (world.touchError) throw world.touchError;
      touched.push(`${hash} ${at}`);
    },
    now: () => Date.parse('2026-02-25T12:00:00Z'),
  };
  return {
    lookups,
    touched,
    world,
    ask: (headers: Record<string, string>) => authorize(deps, { headers, methodArn: METHOD_ARN }),
  };
}

function effectOf({ policyDocument }: Awaited<ReturnType<typeof authorize>>): unknown {
  return policyDocument.Statement[0]?.Effect;
}

describe('nobody passes', () => {
  it.each([{}, { 'x-api-key': '' }, { authorization: KEY }])('without a key: %j', async (headers) => {
    await expect(setUp().ask(headers as Record<string, string>)).rejects.toThrow(/^Unauthorized$/);
  });

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
  it.each(['x-api-key', 'X-Api-Key'])(
    'in the header %s opens the whole stage, and says whose it is',
    async (name) => {
      const { ask, lookups } = setUp({ expires_at: '2026-02-25T12:00:01Z' });
      expect(await ask({ [name]: KEY })).toEqual({
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
    },
  );
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
    const { ask, world } = setUp();
    world.touchError = new Error('throttled');
    expect(effectOf(await ask({ 'x-api-key': KEY }))).toBe('Allow');
  });

  it('is not noted of a key that is denied', async () => {
    const { ask, touched } = setUp({ expires_at: '2026-01-01T00:00:00Z' });
    expect(effectOf(await ask({ 'x-api-key': KEY }))).toBe('Deny');
    expect(touched).toEqual([]);
  });
});
