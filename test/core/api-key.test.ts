import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { apiKeyHash, apiKeyHint, isWellFormedApiKey, newApiKey } from '../../lambdas/core/api-key.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('isWellFormedApiKey is false', () => {
  it.each([
    '',
    'ivy_live_',
    `ivy_prod_${'a'.repeat(36)}`,
    `ivy_live_${'a'.repeat(36)}`,
    `ivy_live_${'!'.repeat(36)}`,
  ])('for "%s"', (text) => {
    expect(isWellFormedApiKey(text)).toBe(false);
  });

  // Five keys: a checksum with only one correct digit passes the test for 8 % of all keys.
  it.each([1, 2, 3, 4, 5])('for a key with one changed character (key %d)', () => {
    const key = newApiKey('live', randomBytes);
    for (let index = 'ivy_live_'.length; index < key.length; index += 1) {
      for (const other of BASE62) {
        if (other === key[index]) continue;
        expect(isWellFormedApiKey(key.slice(0, index) + other + key.slice(index + 1))).toBe(false);
      }
    }
  });

  it('for a key with two neighboring characters swapped', () => {
    const key = newApiKey('live', randomBytes);
    for (let index = 'ivy_live_'.length; index + 1 < key.length; index += 1) {
      const [left, right] = [key[index], key[index + 1]];
      if (left === right) continue;
      expect(isWellFormedApiKey(`${key.slice(0, index)}${right}${left}${key.slice(index + 2)}`)).toBe(false);
    }
  });

  it('for a key with a space or a line break before or after it', () => {
    const key = newApiKey('test', randomBytes);
    for (const text of [` ${key}`, `${key} `, `${key}\n`]) expect(isWellFormedApiKey(text)).toBe(false);
  });
});

describe('newApiKey', () => {
  it('uses all characters with equal probability: four bytes give each character', () => {
    // Each key is made of one byte value, so that the test sees the character of every byte.
    const bytes = Array.from({ length: 248 }, (_, byte) => byte);
    const characters = bytes.map((byte) =>
      newApiKey('live', (size) => new Uint8Array(size).fill(byte)).at(9),
    );
    const counts = Map.groupBy(characters, (each) => each);
    expect([...counts.keys()].join('')).toBe(BASE62);
    expect([...counts.values()].every(({ length }) => length === 4)).toBe(true);
  });

  it('makes each of the thirty characters from a random byte, which gives 178 random bits', () => {
    const key = newApiKey('live', () => Uint8Array.from({ length: 30 }, (_, index) => index));
    expect(key).toContain(`ivy_live_${BASE62.slice(0, 30)}`);
    expect(Math.floor(30 * Math.log2(BASE62.length))).toBe(178);
  });

  it('creates distinct, well-formed keys', () => {
    const keys = Array.from({ length: 5_000 }, () => newApiKey('live', randomBytes));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => !isWellFormedApiKey(key) || !/^ivy_live_[0-9A-Za-z]{36}$/.test(key))).toEqual(
      [],
    );
  });

  it('creates a well-formed key with its mode in the prefix', () => {
    expect(newApiKey('live', randomBytes)).toMatch(/^ivy_live_[0-9A-Za-z]{36}$/);
    expect(newApiKey('test', randomBytes)).toMatch(/^ivy_test_[0-9A-Za-z]{36}$/);
    expect(isWellFormedApiKey(newApiKey('test', randomBytes))).toBe(true);
  });

  it('discards bytes above 247, which would make some characters more likely', () => {
    const bytes = (size: number) =>
      Uint8Array.from({ length: size }, (_, index) => (index % 2 === 0 ? 248 + (index % 8) : 5));
    expect(newApiKey('live', bytes)).toContain(`ivy_live_${'5'.repeat(30)}`);
  });

  it('creates keys whose hash is SHA-256 and whose hint is their beginning and end', () => {
    const key = newApiKey('live', () => new Uint8Array(30));
    expect(apiKeyHash(key)).toMatch(/^[0-9a-f]{64}$/);
    expect(apiKeyHint(key)).toBe(`ivy_live_…${key.slice(-6)}`);
  });
});
