import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENV, waitScaleOf } from '../../lambdas/core/env.ts';
import { scaledSeconds } from '../../lambdas/core/wait-scale.ts';

const scale = fc.double({ min: 1e-6, max: 1, noNaN: true });
const seconds = fc.integer({ min: 1, max: 21_600 });

describe('scaledSeconds', () => {
  it('returns the wait unchanged in a deployment', () => {
    fc.assert(
      fc.property(fc.nat(21_600), (wait) => {
        expect(scaledSeconds(wait)).toBe(wait);
        expect(scaledSeconds(wait, 1)).toBe(wait);
      }),
    );
  });

  it('returns whole seconds, at least one, and rounds to the nearest second', () => {
    fc.assert(
      fc.property(seconds, scale, (wait, factor) => {
        const scaled = scaledSeconds(wait, factor);
        expect(Number.isInteger(scaled)).toBe(true);
        expect(scaled).toBeGreaterThanOrEqual(1);
        expect(Math.abs(scaled - Math.max(1, wait * factor))).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it('returns 0 for a wait of 0', () => {
    expect(scaledSeconds(0, 0.05)).toBe(0);
  });

  it.each([
    [4, 1],
    [20, 1],
    [60, 3],
    [90, 5],
    [900, 45],
  ])('shortens %i s to %i s at the scale of npm start', (wait, scaled) => {
    expect(scaledSeconds(wait, 0.05)).toBe(scaled);
  });
});

describe('waitScaleOf', () => {
  it('returns 1 if the variable is absent, as in every deployment', () => {
    expect(waitScaleOf({})).toBe(1);
  });

  it('returns the value of the variable', () => {
    expect(waitScaleOf({ [ENV.waitScale]: '0.05' })).toBe(0.05);
  });

  it.each(['', '0', '-1', '1.1', 'fast', 'NaN', 'Infinity'])('throws for the value %j', (value) => {
    expect(() => waitScaleOf({ [ENV.waitScale]: value })).toThrow(RangeError);
  });
});
