import { describe, expect, it } from 'vitest';
import {
  axisTicks,
  highestValue,
  indexAt,
  isIsolated,
  labeledIntervals,
  linePath,
  segmentAt,
  stackBars,
} from '../../dashboard/components/chart/scale.ts';

describe('the value axis', () => {
  it.each([
    [0, 5, [0, 2, 4, 6]],
    [5, 5, [0, 2, 4, 6]],
    [37, 5, [0, 10, 20, 30, 40]],
    [1_234, 5, [0, 500, 1_000, 1_500]],
    [100, 5, [0, 25, 50, 75, 100]],
    [9, 5, [0, 5, 10]],
  ])('of whole numbers up to %d, and at least to %d, has the labels %j', (max, minimum, ticks) => {
    expect(axisTicks(max, { minimum, wholeNumbers: true })).toEqual(ticks);
  });

  it('ends at the minimum when every value is small, so that 0.1% does not fill the chart', () => {
    const ticks = axisTicks(0.001, { minimum: 0.05 });
    expect(ticks).toEqual([0, 0.02, 0.04, 0.06]);
  });

  it('reaches the highest value with 2 to 5 evenly spaced labels above 0, whatever the value is', () => {
    for (let max = 0.0007; max < 1e9; max *= 1.37) {
      const ticks = axisTicks(max, { minimum: 0.0001 });
      const last = ticks.at(-1) ?? 0;
      expect(last).toBeGreaterThanOrEqual(max * 0.999_99);
      expect(last).toBeLessThan(max * 2);
      expect(ticks.length).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(6);
      for (const [index, tick] of ticks.entries())
        expect(tick).toBeCloseTo((last / (ticks.length - 1)) * index);
    }
  });

  it('has no rounding noise in its labels', () => {
    expect(axisTicks(0.4, { minimum: 0.05 })).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  });
});

describe('the highest value', () => {
  const series = [
    [1, 5, null],
    [2, 3, 4],
  ];
  it('is the largest sum of an interval if the series are stacked', () => {
    expect(highestValue(series, true)).toBe(8);
  });
  it('is the largest single value if they are lines', () => {
    expect(highestValue(series, false)).toBe(5);
  });
  it('is 0 without values', () => {
    expect(highestValue([], true)).toBe(0);
    expect(highestValue([[null]], false)).toBe(0);
  });
});

describe('a stacked bar', () => {
  it('stacks its segments in the order of the series, and skips empty ones', () => {
    expect(
      stackBars(
        [
          [10, 0],
          [null, 0],
          [5, 20],
        ],
        2,
      ),
    ).toEqual([
      [
        { series: 0, from: 0, to: 20 },
        { series: 2, from: 20, to: 30 },
      ],
      [{ series: 2, from: 0, to: 40 }],
    ]);
  });

  it('shows one bounce among a thousand emails with a height of 2 pixels', () => {
    expect(stackBars([[1_000], [1]], 0.2)).toEqual([
      [
        { series: 0, from: 0, to: 200 },
        { series: 1, from: 200, to: 202 },
      ],
    ]);
  });

  it('finds the segment under the pointer, and none above the bar', () => {
    const [bar = []] = stackBars([[10], [5]], 2);
    expect(segmentAt(bar, 0)?.series).toBe(0);
    expect(segmentAt(bar, 19.9)?.series).toBe(0);
    expect(segmentAt(bar, 20)?.series).toBe(1);
    expect(segmentAt(bar, 30)).toBeUndefined();
    expect(segmentAt(bar, -1)).toBeUndefined();
  });
});

describe('the interval under the pointer', () => {
  it.each([
    [0, 0],
    [0.249, 0],
    [0.25, 1],
    [0.999, 3],
    [1, 3],
    [-0.1, 0],
    [1.5, 3],
  ])('at %d of the width of four intervals is %d', (position, index) => {
    expect(indexAt(position, 4)).toBe(index);
  });
});

describe('a line', () => {
  const point = (index: number, value: number): string => `${index} ${value}`;

  it('is interrupted where an interval has no value', () => {
    expect(linePath([1, 2, null, 3, 4], point)).toBe('M0 1L1 2M3 3L4 4');
    expect(linePath([null, null], point)).toBe('');
  });

  it('has a point where a value has no neighbor, because no line goes through it', () => {
    const values = [1, null, 2, null, 3, 4];
    expect(values.map((_, index) => isIsolated(values, index))).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('the time axis', () => {
  /** The local hours of consecutive intervals. */
  const hoursFrom = (first: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => (first + index) % 24);

  it('labels full steps of the day', () => {
    // From 14:00: the labels are at 16:00, 20:00, 00:00, 04:00, 08:00 and 12:00.
    expect(labeledIntervals(hoursFrom(14, 24), 'hour', 6)).toEqual([2, 6, 10, 14, 18, 22]);
    expect(labeledIntervals(hoursFrom(14, 24), 'hour', 24)).toHaveLength(24);
  });

  it('labels midnights if the hours are of several days', () => {
    expect(labeledIntervals(hoursFrom(14, 168), 'hour', 20)).toEqual([10, 34, 58, 82, 106, 130, 154]);
  });

  it('never has more labels than there is room for, and no two at unequal distances', () => {
    for (const interval of ['hour', 'day'] as const)
      for (const count of [1, 2, 24, 25, 30, 49, 90, 168, 744])
        for (const maxLabels of [2, 4, 9, 20]) {
          const labels = labeledIntervals(hoursFrom(5, count), interval, maxLabels);
          expect(labels.length).toBeLessThanOrEqual(maxLabels);
          const distances = labels.slice(1).map((label, index) => label - (labels[index] ?? 0));
          expect(new Set(distances).size).toBeLessThanOrEqual(1);
        }
  });

  it('labels days evenly from the first', () => {
    expect(labeledIntervals(hoursFrom(0, 30), 'day', 8)).toEqual([0, 4, 8, 12, 16, 20, 24, 28]);
  });
});
