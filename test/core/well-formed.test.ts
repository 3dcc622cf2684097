import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wellFormed } from '../../lambdas/core/well-formed.ts';

describe('wellFormed', () => {
  it('mends text at any depth, and names', () => {
    expect(wellFormed({ 'a\ud800': ['\udc00', { b: 'c\ud83d' }], n: 1, none: undefined, nil: null })).toEqual(
      {
        'a\ufffd': ['\ufffd', { b: 'c\ufffd' }],
        n: 1,
        none: undefined,
        nil: null,
      },
    );
  });

  it('leaves alone what UTF-8 can carry', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }), (value) => {
        expect(wellFormed(value)).toEqual(value);
      }),
    );
  });

  it('is what comes back through UTF-8', () => {
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
