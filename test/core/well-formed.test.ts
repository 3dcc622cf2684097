import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wellFormed } from '../../lambdas/core/well-formed.ts';

describe('wellFormed', () => {
  it('replaces lone surrogates in texts and names at any depth', () => {
    expect(wellFormed({ 'a\ud800': ['\udc00', { b: 'c\ud83d' }], n: 1, none: undefined, nil: null })).toEqual(
      {
        'a\ufffd': ['\ufffd', { b: 'c\ufffd' }],
        n: 1,
        none: undefined,
        nil: null,
      },
    );
  });

  it('returns well-formed values unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }), (value) => {
        expect(wellFormed(value)).toEqual(value);
      }),
    );
  });

  it('gives the same text as encoding to UTF-8 and decoding', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) }),
        (text) => {
          expect(wellFormed(text)).toBe(Buffer.from(text, 'utf8').toString('utf8'));
        },
      ),
    );
  });
});
