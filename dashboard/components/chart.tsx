// uPlot is the smallest chart library that draws thousands of points without blocking the page.
import uPlot from 'uplot';
import { useEffect, useRef, useState } from 'preact/hooks';
import { darkMode } from '../state/preferences.ts';
import { formatAxisLabel, formatIntervalStart } from '../text/format.ts';

export interface Series {
  readonly name: string;
  /** A color name: `--tone-<name>` in styles/tokens.css. */
  readonly tone: string;
  /** One value per interval. Null if the interval has no value. */
  readonly values: readonly (number | null)[];
  /** The value that the legend shows while the pointer is not on the chart. */
  readonly total?: number | null;
}

export interface ChartProps {
  /** Description of the chart for screen readers. */
  readonly label: string;
  readonly interval: 'hour' | 'day';
  /** Start times of the intervals, RFC 3339. */
  readonly starts: readonly string[];
  readonly series: readonly Series[];
  /** Stacked bars, or one line per series. */
  readonly kind: 'stacked' | 'lines';
  readonly format: (value: number | null) => string;
  readonly height?: number;
}

/**
 * The color of a tone as the canvas needs it. A canvas cannot use CSS custom properties, so the property is set on an
 * element and the browser's computed color is read back.
 */
function resolveColor(container: HTMLElement, tone: string): string {
  container.style.color = `var(--tone-${tone})`;
  return getComputedStyle(container).color;
}

/** Cumulative values for stacked bars. The tallest bars come first, so that shorter ones are drawn over them. */
function stackSeries(series: readonly Series[]): (number | null)[][] {
  const sums: number[] = [];
  const levels = series.map(({ values }) =>
    values.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return sums[index];
    }),
  );
  return levels.toReversed();
}

function chartOptions(
  props: ChartProps,
  container: HTMLElement,
  onHover: (index: number | undefined) => void,
): uPlot.Options {
  const { interval, series, kind, format, height = 220 } = props;
  const drawnSeries = kind === 'stacked' ? series.toReversed() : series;
  // Hours of several days need a date in their label.
  const needsDate = interval === 'hour' && props.starts.length > 26;
  const bars = uPlot.paths.bars?.({ size: [0.72, 48], radius: 0.12 });
  const width = container.clientWidth;
  const axis = {
    stroke: resolveColor(container, 'axis'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: resolveColor(container, 'grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    padding: [12, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: kind === 'lines' } },
    scales: {
      x: { time: false, range: (_, min, max) => padRange(min, max, interval) },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        splits: (self, _, min, max) =>
          labelPositions(self.data[0] ?? [], min, max, self.width / (needsDate ? 110 : 72)),
        values: (_, at) =>
          at.map((each) =>
            needsDate ? formatIntervalStart(each, interval) : formatAxisLabel(each, interval),
          ),
      },
      {
        ...axis,
        size: 56,
        ...(kind === 'stacked' && { incrs: WHOLE_NUMBERS }),
        values: (_, at) => at.map((each) => format(each)),
      },
    ],
    series: [
      {},
      ...drawnSeries.map(({ name, tone }): uPlot.Series => {
        const stroke = resolveColor(container, tone);
        return kind === 'stacked' && bars
          ? { label: name, fill: stroke, width: 0, paths: bars, points: { show: false } }
          : { label: name, stroke, width: 2, spanGaps: false, points: { show: true, size: 5, fill: stroke } };
      }),
    ],
    hooks: { setCursor: [(self) => onHover(self.cursor.idx ?? undefined)] },
  };
}

/** Distances between axis labels of counts: whole numbers only. */
const WHOLE_NUMBERS = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

const INTERVAL_MS = { hour: 3_600_000, day: 86_400_000 } as const;

/** Widens the axis by 0.6 intervals on both sides, so that the first and the last bar fit. */
function padRange(min: number, max: number, interval: 'hour' | 'day'): [number, number] {
  return [min - INTERVAL_MS[interval] * 0.6, max + INTERVAL_MS[interval] * 0.6];
}

/** Chooses evenly spaced interval starts, at most as many as there is room for labels. */
function labelPositions(starts: ArrayLike<number>, min: number, max: number, maxLabels: number): number[] {
  const visible = Array.from(starts).filter((each) => each >= min && each <= max);
  const step = Math.max(1, Math.ceil(visible.length / Math.max(2, Math.floor(maxLabels))));
  return visible.filter((_, index) => index % step === 0);
}

export function Chart(props: ChartProps) {
  const { label, interval, starts, series, kind, format, height = 220 } = props;
  const container = useRef<HTMLDivElement>(null);
  const [hoveredIndex, setHoveredIndex] = useState<number>();
  const isDark = darkMode.value;

  const plot = useRef<uPlot>(null);
  const data = (): uPlot.AlignedData => [
    starts.map((start) => Date.parse(start)),
    ...(kind === 'stacked' ? stackSeries(series) : series.map(({ values }) => [...values])),
  ];
  // Create the chart again only when its appearance changes. New values keep the chart, and so the hovered interval.
  useEffect(() => {
    const element = container.current;
    if (!element) return undefined;
    const chart = new uPlot(chartOptions(props, element, setHoveredIndex), data(), element);
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [kind, interval, isDark, starts.length]);
  useEffect(() => plot.current?.setData(data()), [starts, series]);

  const hoveredStart = hoveredIndex === undefined ? undefined : starts[hoveredIndex];
  return (
    <figure class="chart">
      <div ref={container} class="plot" role="img" aria-label={label} style={{ height: `${height}px` }} />
      <figcaption>
        <span class="quiet chart-at">
          {hoveredStart === undefined ? 'Total' : formatIntervalStart(Date.parse(hoveredStart), interval)}
        </span>
        <ul class="legend">
          {series.map(({ name, tone, values, total }) => (
            <li key={name}>
              <span class="swatch" data-tone={tone} />
              {name}{' '}
              <b>{format(hoveredIndex === undefined ? (total ?? null) : (values[hoveredIndex] ?? null))}</b>
            </li>
          ))}
        </ul>
        <details>
          <summary>View as table</summary>
          <div class="scroll" tabIndex={0} role="region" aria-label={`${label}, table`}>
            <table>
              <caption class="visually-hidden">{label}</caption>
              <thead>
                <tr>
                  <th scope="col">Start</th>
                  {series.map(({ name }) => (
                    <th key={name} scope="col" class="num">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {starts.map((start, index) => (
                  <tr key={start}>
                    <th scope="row">{formatIntervalStart(Date.parse(start), interval)}</th>
                    {series.map(({ name, values }) => (
                      <td key={name} class="num">
                        {format(values[index] ?? null)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      </figcaption>
    </figure>
  );
}
