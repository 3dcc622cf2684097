import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENV, waitScaleOf } from '../../lambdas/core/env.ts';
import { scaledSeconds } from '../../lambdas/core/wait-scale.ts';

const scale = fc.double({ min: 1e-6, max: 1, noNaN: true });
const seconds = fc.integer({ min: 1, max: 21_600 });

describe('a scaled wait', () => {
  it('is the wait itself in a deployment', () => {
    fc.assert(
      fc.property(fc.nat(21_600), (wait) => {
        expect(scaledSeconds(wait)).toBe(wait);
        expect(scaledSeconds(wait, 1)).toBe(wait);
      }),
    );
  });

  it('is whole seconds, at least one, and within half a second of the scale', () => {
    fc.assert(
      fc.property(seconds, scale, (wait, by) => {
        const scaled = scaledSeconds(wait, by);
        expect(Number.isInteger(scaled)).toBe(true);
        expect(scaled).toBeGreaterThanOrEqual(1);
        expect(Math.abs(scaled - Math.max(1, wait * by))).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it('stays no wait where there is none', () => {
    expect(scaledSeconds(0, 0.05)).toBe(0);
  });

  it.each([
    [4, 1],
    [20, 1],
    [60, 3],
    [90, 5],
    [900, 45],
  ])('of %i s is %i s at the scale of npm start', (wait, scaled) => {
    expect(scaledSeconds(wait, 0.05)).toBe(scaled);
  });
});

describe('the scale in the environment of a function', () => {
  it('is 1 where there is none, as in every deployment', () => {
    expect(waitScaleOf({})).toBe(1);
  });

  it('is read', () => {
    expect(waitScaleOf({ [ENV.waitScale]: '0.05' })).toBe(0.05);
  });

  it.each(['', '0', '-1', '1.1', 'fast', 'NaN', 'Infinity'])('is refused at load where it is %j', (value) => {
    expect(() => waitScaleOf({ [ENV.waitScale]: value })).toThrow(RangeError);
  });
});
