// uPlot: the smallest chart library that draws thousands of points without a pause.
import uPlot from 'uplot';
import { useEffect, useRef, useState } from 'preact/hooks';
import { darkMode } from '../state/preferences.ts';
import { formatAxisLabel, formatIntervalStart } from '../text/format.ts';

export interface Series {
  readonly name: string;
  /** A colour of styles/tokens.css. */
  readonly tone: string;
  /** One for each start; null where there is nothing to say. */
  readonly values: readonly (number | null)[];
  /** What the legend says while nothing is pointed at. */
  readonly total?: number | null;
}

export interface ChartProps {
  /** What it shows, in words, for who does not see it. */
  readonly label: string;
  readonly interval: 'hour' | 'day';
  /** RFC 3339, of each interval. */
  readonly starts: readonly string[];
  readonly series: readonly Series[];
  /** Bars one on the other, or lines beside each other. */
  readonly kind: 'stacked' | 'lines';
  readonly format: (value: number | null) => string;
  readonly height?: number;
}

/** As the canvas knows it: a custom property is only resolved where it is used. */
function colour(place: HTMLElement, tone: string): string {
  place.style.color = `var(--tone-${tone})`;
  return getComputedStyle(place).color;
}

/** Each series with those below it added, as bars drawn from the highest to the lowest. */
function stacked(series: readonly Series[]): (number | null)[][] {
  const sums: number[] = [];
  const levels = series.map(({ values }) =>
    values.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return sums[index];
    }),
  );
  return levels.toReversed();
}

function optionsOf(
  props: ChartProps,
  place: HTMLElement,
  onPoint: (index: number | undefined) => void,
): uPlot.Options {
  const { interval, series, kind, format, height = 220 } = props;
  const drawn = kind === 'stacked' ? series.toReversed() : series;
  // Hours of several days need their date.
  const long = interval === 'hour' && props.starts.length > 26;
  const bars = uPlot.paths.bars?.({ size: [0.72, 48], radius: 0.12 });
  const width = place.clientWidth;
  const axis = {
    stroke: colour(place, 'axis'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: colour(place, 'grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    padding: [12, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: kind === 'lines' } },
    scales: {
      x: { time: false, range: (_, min, max) => halfAnInterval(min, max, interval) },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        splits: (self, _, min, max) => splitsOf(self.data[0] ?? [], min, max, self.width / (long ? 110 : 72)),
        values: (_, at) =>
          at.map((each) => (long ? formatIntervalStart(each, interval) : formatAxisLabel(each, interval))),
      },
      {
        ...axis,
        size: 56,
        ...(kind === 'stacked' && { incrs: WHOLE }),
        values: (_, at) => at.map((each) => format(each)),
      },
    ],
    series: [
      {},
      ...drawn.map(({ name, tone }): uPlot.Series => {
        const stroke = colour(place, tone);
        return kind === 'stacked' && bars
          ? { label: name, fill: stroke, width: 0, paths: bars, points: { show: false } }
          : { label: name, stroke, width: 2, spanGaps: false, points: { show: true, size: 5, fill: stroke } };
      }),
    ],
    hooks: { setCursor: [(self) => onPoint(self.cursor.idx ?? undefined)] },
  };
}

/** Of things that are counted there is no half. */
const WHOLE = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

const LENGTH_MS = { hour: 3_600_000, day: 86_400_000 } as const;

/** Room for the outermost bars. */
function halfAnInterval(min: number, max: number, interval: 'hour' | 'day'): [number, number] {
  return [min - LENGTH_MS[interval] * 0.6, max + LENGTH_MS[interval] * 0.6];
}

/** As many beginnings as there is room for their words. */
function splitsOf(starts: ArrayLike<number>, min: number, max: number, room: number): number[] {
  const shown = Array.from(starts).filter((each) => each >= min && each <= max);
  const step = Math.max(1, Math.ceil(shown.length / Math.max(2, Math.floor(room))));
  return shown.filter((_, index) => index % step === 0);
}

export function Chart(props: ChartProps) {
  const { label, interval, starts, series, kind, format, height = 220 } = props;
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number>();
  const isDark = darkMode.value;

  const drawn = useRef<uPlot>(null);
  const data = (): uPlot.AlignedData => [
    starts.map((start) => Date.parse(start)),
    ...(kind === 'stacked' ? stacked(series) : series.map(({ values }) => [...values])),
  ];
  // Made anew only for another look: what is pointed at stays so when new numbers come.
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const chart = new uPlot(optionsOf(props, element, setPointed), data(), element);
    drawn.current = chart;
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [kind, interval, isDark, starts.length]);
  useEffect(() => drawn.current?.setData(data()), [starts, series]);

  const at = pointed === undefined ? undefined : starts[pointed];
  return (
    <figure class="chart">
      <div ref={place} class="plot" role="img" aria-label={label} style={{ height: `${height}px` }} />
      <figcaption>
        <span class="quiet chart-at">
          {at === undefined ? 'total' : formatIntervalStart(Date.parse(at), interval)}
        </span>
        <ul class="legend">
          {series.map(({ name, tone, values, total }) => (
            <li key={name}>
              <span class="swatch" data-tone={tone} />
              {name} <b>{format(pointed === undefined ? (total ?? null) : (values[pointed] ?? null))}</b>
            </li>
          ))}
        </ul>
        <details>
          <summary>As a table</summary>
          <div class="scroll" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
            <table>
              <caption class="unseen">{label}</caption>
              <thead>
                <tr>
                  <th scope="col">From</th>
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
