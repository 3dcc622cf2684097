import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { apiKeyHash, apiKeyHint, isWellFormedApiKey, newApiKey } from '../../lambdas/core/api-key.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('a key is not well formed', () => {
  it.each([
    '',
    'ivy_live_',
    `ivy_prod_${'a'.repeat(36)}`,
    `ivy_live_${'a'.repeat(36)}`,
    `ivy_live_${'!'.repeat(36)}`,
  ])('as "%s"', (text) => {
    expect(isWellFormedApiKey(text)).toBe(false);
  });

  it('with any one character changed to any other', () => {
    const key = newApiKey('live', randomBytes);
    for (let index = 'ivy_live_'.length; index < key.length; index += 1) {
      for (const other of BASE62) {
        if (other === key[index]) continue;
        expect(isWellFormedApiKey(key.slice(0, index) + other + key.slice(index + 1))).toBe(false);
      }
    }
  });

  it('with two neighbours swapped', () => {
    const key = newApiKey('live', randomBytes);
    for (let index = 'ivy_live_'.length; index + 1 < key.length; index += 1) {
      const [left, right] = [key[index], key[index + 1]];
      if (left === right) continue;
      expect(isWellFormedApiKey(`${key.slice(0, index)}${right}${left}${key.slice(index + 2)}`)).toBe(false);
    }
  });

  it('with a space or a line break around it', () => {
    const key = newApiKey('test', randomBytes);
    for (const text of [` ${key}`, `${key} `, `${key}\n`]) expect(isWellFormedApiKey(text)).toBe(false);
  });
});

describe('a new key', () => {
  it('is well formed and says its mode', () => {
    expect(newApiKey('live', randomBytes)).toMatch(/^ivy_live_[0-9A-Za-z]{36}$/);
    expect(newApiKey('test', randomBytes)).toMatch(/^ivy_test_[0-9A-Za-z]{36}$/);
    expect(isWellFormedApiKey(newApiKey('test', randomBytes))).toBe(true);
  });

  it('is made of bytes that are fair to every character: the eight above 247 are passed over', () => {
    const bytes = (size: number) =>
      Uint8Array.from({ length: size }, (_, index) => (index % 2 === 0 ? 248 + (index % 8) : 5));
    expect(newApiKey('live', bytes)).toContain(`ivy_live_${'5'.repeat(30)}`);
  });

  it('is stored as SHA-256, and shown by its beginning and end', () => {
    const key = newApiKey('live', () => new Uint8Array(30));
    expect(apiKeyHash(key)).toMatch(/^[0-9a-f]{64}$/);
    expect(apiKeyHint(key)).toBe(`ivy_live_…${key.slice(-6)}`);
  });
});
