/** The geometry of the charts: pure functions of numbers, without the DOM. */

/** The values of one series, one for each interval. Null if the interval has no value. */
export type Values = readonly (number | null)[];

const TICKS = 4;

/** The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is at least `value`. */
function niceStep(value: number, wholeNumbers: boolean): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 2.5, 5, 10].map((factor) => factor * power);
  // The tolerance keeps 0.1 + 0.2 from needing a larger step than 0.3.
  const fits = (step: number): boolean => step >= value * 0.999_999 && (!wholeNumbers || step % 1 === 0);
  return steps.find(fits) ?? Math.ceil(value);
}

/**
 * The labels of the value axis, from 0 to at least `max`. The axis ends at its last label. It never ends below `minimum`, so that
 * a small value, such as an error rate of 0.1%, does not fill the chart.
 */
export function axisTicks(
  max: number,
  { minimum, wholeNumbers = false }: { readonly minimum: number; readonly wholeNumbers?: boolean },
): readonly number[] {
  const end = Math.max(max, minimum);
  const step = niceStep(end / TICKS, wholeNumbers);
  const count = Math.ceil(end / step - 0.000_001);
  // Rounded, because multiples of 0.1 are otherwise shown as 0.30000000000000004.
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** The highest value that a chart shows: the largest sum of an interval if the series are stacked. */
export function highestValue(series: readonly Values[], stacked: boolean): number {
  if (!stacked) return Math.max(0, ...series.flat().map((value) => value ?? 0));
  const sums = (series[0] ?? []).map((_, index) =>
    series.reduce((sum, values) => sum + (values[index] ?? 0), 0),
  );
  return Math.max(0, ...sums);
}

/** A segment of a stacked bar. `from` and `to` are pixels above the bottom of the chart. */
export interface Segment {
  /** Position of the series. */
  readonly series: number;
  readonly from: number;
  readonly to: number;
}

/** The height of the smallest segment. Without it, one bounce among a thousand emails would be invisible. */
const MIN_SEGMENT_PX = 2;

/** For each interval, the segments of its bar from the bottom up. A value of 0 has no segment. */
export function stackBars(series: readonly Values[], pixelsPerUnit: number): readonly (readonly Segment[])[] {
  return (series[0] ?? []).map((_, index) => {
    let top = 0;
    return series.flatMap((values, position): readonly Segment[] => {
      const value = values[index] ?? 0;
      if (value <= 0) return [];
      const from = top;
      top += Math.max(MIN_SEGMENT_PX, value * pixelsPerUnit);
      return [{ series: position, from, to: top }];
    });
  });
}

/** The segment of a bar at a height in pixels. Undefined above the bar. */
export function segmentAt(bar: readonly Segment[], height: number): Segment | undefined {
  return bar.find(({ from, to }) => height >= from && height < to);
}

/** The interval under a pointer, from its position between 0 and 1. A pointer outside the chart selects the nearest interval. */
export function indexAt(position: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.floor(position * count)));
}

/** The lines of a series as an SVG path. A line is interrupted at intervals without a value. */
export function linePath(values: Values, point: (index: number, value: number) => string): string {
  return values
    .map((value, index) => {
      if (value === null) return '';
      const isStart = index === 0 || values[index - 1] === null;
      return `${isStart ? 'M' : 'L'}${point(index, value)}`;
    })
    .join('');
}

/** Whether the value has no neighbor, so that no line goes through it. Such a value is drawn as a point. */
export function isIsolated(values: Values, index: number): boolean {
  const hasValue = (at: number): boolean => (values[at] ?? null) !== null;
  return hasValue(index) && !hasValue(index - 1) && !hasValue(index + 1);
}

/** The hours between two time labels. Each divides a day, so the labels are at the same hours every day. */
const HOUR_STEPS = [1, 2, 3, 4, 6, 12] as const;

/**
 * The intervals that get a label on the time axis: at most `maxLabels`, evenly spaced. With hours, the labels are at full steps of
 * the local day, or at local midnights if the chart covers several days.
 */
export function labeledIntervals(
  hours: readonly number[],
  interval: 'hour' | 'day',
  maxLabels: number,
): readonly number[] {
  const all = hours.map((_, index) => index);
  const fits = (indexes: readonly number[]): boolean => indexes.length <= Math.max(2, maxLabels);
  const thinned = (indexes: readonly number[]): readonly number[] => {
    const step = Math.ceil(indexes.length / Math.max(2, maxLabels));
    return indexes.filter((_, position) => position % step === 0);
  };
  if (interval === 'day') return thinned(all);
  const atStep = (step: number): readonly number[] => all.filter((index) => (hours[index] ?? 0) % step === 0);
  if (hours.length <= 48) {
    const labels = HOUR_STEPS.map(atStep).find(fits);
    if (labels) return labels;
  }
  return thinned(atStep(24));
}
