import { describe, expect, it } from 'vitest';
import { apiKeyHash, apiKeyHint, newApiKey } from '../../lambdas/core/api-key.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import {
  deleteApiKey,
  findApiKey,
  hasApiKey,
  hasExpired,
  listApiKeys,
  putApiKey,
  touchApiKey,
  type ApiKey,
} from '../../lambdas/store/api-keys.ts';
import { WORKSPACE_ID, anEndpoint } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { simulatedTable } from '../../sim/table.ts';

const OTHER_WORKSPACE = `ws_${'b'.repeat(26)}`;
const SECRET = newApiKey('live', (size) => new Uint8Array(size).fill(7));
const HASH = apiKeyHash(SECRET);

function aKey(changes: Partial<ApiKey> = {}): ApiKey {
  return {
    id: deterministicId('key', ['first']),
    workspace_id: WORKSPACE_ID,
    name: 'Server',
    scopes: ['send', 'read'],
    hint: apiKeyHint(SECRET),
    created_at: '2026-02-25T12:00:00Z',
    ...changes,
  };
}

describe('an API key', () => {
  it('is found by its hash, with its workspace, scopes and expiry time', async () => {
    const table = simulatedTable();
    const key = aKey({ expires_at: '2026-12-31T00:00:00Z' });
    await putApiKey(table, HASH, key);
    expect(await findApiKey(table, HASH)).toEqual(key);
  });

  it('is deleted a week after it expires', async () => {
    const table = simulatedTable();
    await putApiKey(table, HASH, aKey({ expires_at: '2026-12-31T00:00:00Z' }));
    const [row] = table.rows.values();
    expect(row).toMatchObject({ ttl: Date.parse('2027-01-07T00:00:00Z') / 1000 });
  });

  it('without an expiry time is never deleted', async () => {
    const table = simulatedTable();
    await putApiKey(table, HASH, aKey());
    expect(await findApiKey(table, HASH)).not.toHaveProperty('expires_at');
    expect([...table.rows.values()][0]).not.toHaveProperty('ttl');
  });

  it('is not found by a different hash', async () => {
    const table = simulatedTable();
    await putApiKey(table, HASH, aKey());
    expect(await findApiKey(table, apiKeyHash(`${SECRET}x`))).toBeUndefined();
    expect(await findApiKey(table, HASH.toUpperCase())).toBeUndefined();
  });

  it('is not stored in the table, only its hash', async () => {
    const table = simulatedTable();
    await putApiKey(table, HASH, aKey());
    const stored = JSON.stringify([...table.rows.entries()]);
    expect(stored).toContain(HASH);
    expect(stored).not.toContain(SECRET);
    expect(stored).not.toContain(SECRET.slice('ivy_live_'.length, -'123456'.length));
  });

  it('does not replace a key with the same hash', async () => {
    const table = simulatedTable();
    await putApiKey(table, HASH, aKey());
    const foreignKey = aKey({ workspace_id: OTHER_WORKSPACE, scopes: ['admin'] });
    await expect(putApiKey(table, HASH, foreignKey)).rejects.toThrow('conditional');
    expect(await findApiKey(table, HASH)).toMatchObject(aKey());
  });

  it('is read consistently, so that a revoked key is not found', async () => {
    const table = simulatedTable();
    const consistent: unknown[] = [];
    table.before = (_command, input) => consistent.push(input['ConsistentRead']);
    await findApiKey(table, HASH);
    expect(consistent).toEqual([true]);
  });
});

describe('hasExpired', () => {
  const NOW = Date.parse('2026-03-01T00:00:00Z');

  it.each([
    [{}, false],
    [{ expires_at: '2026-03-01T00:00:00.001Z' }, false],
    [{ expires_at: '2026-03-01T00:00:00Z' }, true],
    [{ expires_at: '2026-02-01T00:00:00Z' }, true],
  ])('for %j returns %s', (key, expired) => {
    expect(hasExpired(key, NOW)).toBe(expired);
  });
});

describe('hasApiKey', () => {
  it('is true for a workspace with a key, and false for other workspaces', async () => {
    const table = simulatedTable();
    await putEndpoint(table, anEndpoint());
    expect(await hasApiKey(table, WORKSPACE_ID)).toBe(false);
    await putApiKey(table, HASH, aKey());
    expect(await hasApiKey(table, WORKSPACE_ID)).toBe(true);
    expect(await hasApiKey(table, OTHER_WORKSPACE)).toBe(false);
  });
});

describe('the keys of a workspace', () => {
  it('are listed newest first, without the keys of other workspaces', async () => {
    const table = simulatedTable();
    const older = aKey({ created_at: '2026-02-24T12:00:00Z', id: deterministicId('key', ['older']) });
    await putApiKey(table, apiKeyHash('1'), older);
    await putApiKey(table, apiKeyHash('2'), aKey());
    await putApiKey(table, apiKeyHash('3'), aKey({ workspace_id: OTHER_WORKSPACE }));
    expect(await listApiKeys(table, WORKSPACE_ID)).toEqual([aKey(), older]);
    // The order does not depend on the order in the index.
    const reversed = simulatedTable();
    await putApiKey(reversed, apiKeyHash('1'), aKey());
    await putApiKey(reversed, apiKeyHash('2'), older);
    expect(await listApiKeys(reversed, WORKSPACE_ID)).toEqual([aKey(), older]);
  });

  it('are revoked by id, and only through their own workspace', async () => {
    const table = simulatedTable();
    await putApiKey(table, HASH, aKey());
    expect(await deleteApiKey(table, OTHER_WORKSPACE, aKey().id)).toBe(false);
    expect(await findApiKey(table, HASH)).toBeDefined();
    expect(await deleteApiKey(table, WORKSPACE_ID, aKey().id)).toBe(true);
    expect(await findApiKey(table, HASH)).toBeUndefined();
    expect(await deleteApiKey(table, WORKSPACE_ID, aKey().id)).toBe(false);
  });

  it('have the time of their last use, and recording it does not restore a revoked key', async () => {
    const table = simulatedTable();
    await putApiKey(table, HASH, aKey());
    await touchApiKey(table, HASH, '2026-02-25T13:00:00Z');
    expect(await findApiKey(table, HASH)).toMatchObject({ last_used_at: '2026-02-25T13:00:00Z' });
    await deleteApiKey(table, WORKSPACE_ID, aKey().id);
    await touchApiKey(table, HASH, '2026-02-25T14:00:00Z');
    expect(await findApiKey(table, HASH)).toBeUndefined();
  });

  it('are revoked one at a time', async () => {
    const table = simulatedTable();
    const second = aKey({ id: deterministicId('key', ['second']) });
    await putApiKey(table, HASH, aKey());
    await putApiKey(table, apiKeyHash('2'), second);
    await deleteApiKey(table, WORKSPACE_ID, second.id);
    expect(await listApiKeys(table, WORKSPACE_ID)).toEqual([aKey()]);
    await putApiKey(table, apiKeyHash('2'), second);
    await deleteApiKey(table, WORKSPACE_ID, aKey().id);
    expect(await listApiKeys(table, WORKSPACE_ID)).toEqual([second]);
  });

  it('are revoked once if two requests revoke the same key at the same time', async () => {
    const table = simulatedTable();
    await putApiKey(table, HASH, aKey());
    const revoke = () => deleteApiKey(table, WORKSPACE_ID, aKey().id);
    expect(await Promise.all([revoke(), revoke()])).toEqual([true, false]);
  });

  it('throw an error of the table if the use cannot be recorded', async () => {
    const table = simulatedTable();
    table.before = () => {
      throw new Error('Slow down');
    };
    await expect(touchApiKey(table, HASH, '2026-02-25T13:00:00Z')).rejects.toThrow('Slow down');
  });
});
