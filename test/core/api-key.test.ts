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
  it('is as likely to have each character as any other: of all bytes, each stands for it four times', () => {
    // One byte for all thirty characters, so that each byte has its say.
    const bytes = Array.from({ length: 248 }, (_, byte) => byte);
    const characters = bytes.map((byte) =>
      newApiKey('live', (size) => new Uint8Array(size).fill(byte)).at(9),
    );
    const counts = Map.groupBy(characters, (each) => each);
    expect([...counts.keys()].join('')).toBe(BASE62);
    expect([...counts.values()].every(({ length }) => length === 4)).toBe(true);
  });

  it('takes every one of its thirty characters from chance: 178 bits of it', () => {
    const one = newApiKey('live', () => Uint8Array.from({ length: 30 }, (_, index) => index));
    expect(one).toContain(`ivy_live_${BASE62.slice(0, 30)}`);
    expect(Math.floor(30 * Math.log2(BASE62.length))).toBe(178);
  });

  it('is never made twice, and always well formed', () => {
    const keys = Array.from({ length: 5_000 }, () => newApiKey('live', randomBytes));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => !isWellFormedApiKey(key) || !/^ivy_live_[0-9A-Za-z]{36}$/.test(key))).toEqual(
      [],
    );
  });

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
