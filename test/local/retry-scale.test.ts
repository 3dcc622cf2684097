import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../lib/options.ts';
import { retryDelays, scaleRetry } from '../../local/retry-scale.ts';

const deployed = resolveOptions({}).retry;
const scale = fc.double({ min: 1e-4, max: 1, noNaN: true });
/** Every `retry` option that a deployment accepts. */
const retry = fc
  .record({
    firstDelaySeconds: fc.integer({ min: 1, max: 21_600 }),
    factor: fc.double({ min: 1, max: 60, noNaN: true }),
    count: fc.integer({ min: 0, max: 4 }),
  })
  .filter(
    ({ firstDelaySeconds, factor, count }) => firstDelaySeconds * factor ** Math.max(0, count - 1) <= 21_600,
  );

describe('the retry option of the local run', () => {
  it('is a twentieth of the default schedule by default', () => {
    expect(scaleRetry(deployed, 0.05)).toEqual({ firstDelaySeconds: 3, factor: 5, count: 3 });
  });

  it('keeps the last delay exact if the first delay is rounded', () => {
    const delays = retryDelays(scaleRetry(deployed, 0.02));
    expect(delays[0]).toBe(1);
    expect(delays[1]).toBeCloseTo(5.48, 2);
    expect(delays[2]).toBeCloseTo(30, 9);
  });

  it('equals the option of the deployment at a scale of 1', () => {
    fc.assert(
      fc.property(retry, (option) => {
        expect(scaleRetry(option, 1)).toEqual(option);
      }),
    );
  });

  it('is a valid option of a deployment with the same number of retries', () => {
    fc.assert(
      fc.property(retry, scale, (option, by) => {
        const scaled = scaleRetry(option, by);
        expect(resolveOptions({ retry: scaled }).retry).toEqual(scaled);
        expect(scaled.count).toBe(option.count);
      }),
    );
  });

  it('has non-decreasing delays of at least 1 s, and its first and last delay deviate from the scale by at most 0.5 s', () => {
    fc.assert(
      fc.property(retry, scale, (option, by) => {
        const delays = retryDelays(scaleRetry(option, by));
        const exact = retryDelays(option).map((seconds) => Math.max(1, seconds * by));
        for (const [index, delay] of delays.entries())
          expect(delay).toBeGreaterThanOrEqual(delays[index - 1] ?? 1);
        for (const index of new Set([0, delays.length - 1]))
          expect(Math.abs((delays[index] ?? 0) - (exact[index] ?? 0))).toBeLessThanOrEqual(0.5 + 1e-6);
      }),
    );
  });
});
