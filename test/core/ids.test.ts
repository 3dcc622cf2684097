import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID, deliveryId, deterministicId, isId, randomId } from '../../lambdas/core/ids.ts';

/** RFC 4648 base32 in lower case, computed in another way than in the product. */
function base32(bytes: Uint8Array, length: number): string {
  const bits = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    .toString(2)
    .padStart(bytes.length * 8, '0');
  return Array.from(
    { length },
    (_, index) =>
      'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)],
  ).join('');
}

describe('isId', () => {
  it('refuses an id with another prefix, length or alphabet', () => {
    const id = randomId('evt', randomBytes);
    for (const text of [
      id.toUpperCase(),
      `${id}a`,
      id.slice(0, -1),
      `evt_${'1'.repeat(26)}`,
      ` ${id}`,
      `${id}\n`,
    ]) {
      expect(isId('evt', text)).toBe(false);
    }
    expect(isId('ws', id)).toBe(false);
    expect(isId('evt', id)).toBe(true);
  });

  it('accepts the id of the default workspace', () => {
    expect(isId('ws', DEFAULT_WORKSPACE_ID)).toBe(true);
  });
});

describe('an id', () => {
  it('is the first 130 bits in base32', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 17, maxLength: 17 }), (bytes) => {
        expect(randomId('key', () => bytes)).toBe(`key_${base32(bytes, 26)}`);
      }),
    );
  });

  it('of parts depends on the parts and on where each part ends', () => {
    expect(deterministicId('evt', ['a', 'bc'])).toBe(deterministicId('evt', ['a', 'bc']));
    expect(deterministicId('evt', ['a', 'bc'])).not.toBe(deterministicId('evt', ['ab', 'c']));
    expect(deterministicId('evt', ['a', 'b'])).toBe(
      `evt_${base32(createHash('sha256').update('["a","b"]').digest(), 26)}`,
    );
  });

  it('of a delivery depends on its event and endpoint only', () => {
    expect(deliveryId('evt_a', 'ep_b')).toBe(deliveryId('evt_a', 'ep_b'));
    expect(deliveryId('evt_a', 'ep_b')).not.toBe(deliveryId('evt_a', 'ep_c'));
  });
});
