import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, percentile } from '../../lambdas/core/histogram.ts';

function histogramOf(durations: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const duration of durations) counts[bucketOf(duration)] = (counts[bucketOf(duration)] ?? 0) + 1;
  return counts;
}

function exactPercentile(durations: readonly number[], share: number): number {
  const sorted = durations.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

describe('percentile', () => {
  it('has an error of at most 10 % for any durations', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 5, max: 15_000 }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (durations, share) => {
          const estimate = percentile(histogramOf(durations), share) ?? 0;
          const exact = exactPercentile(durations, share);
          expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * 0.1 + 0.5);
        },
      ),
    );
  });

  it('is undefined for an empty histogram', () => {
    expect(percentile({}, 0.5)).toBeUndefined();
  });

  it.each([0, 1, 2, 15_000, 1e9])('is positive for a duration of %i ms', (duration) => {
    expect(percentile(histogramOf([duration]), 0.5)).toBeGreaterThan(0);
  });
});
