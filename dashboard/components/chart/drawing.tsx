import { useMemo } from 'preact/hooks';
import { timeDisplay } from '../../state/preferences.ts';
import { formatAxisLabel, hourOfDay } from '../../text/format.ts';
import type { ChartProps } from './props.ts';
import { isIsolated, labeledIntervals, linePath, type Segment } from './scale.ts';

/** The space around the values: labels of the value axis on the left, labels of the time axis below. */
export const PADDING = { top: 10, right: 4, bottom: 24, left: 44 } as const;

/** The width of one label of the time axis, with the space to the next. */
const LABEL_PX = 64;

/** The largest part of its interval that a bar fills, and the widest bar. */
const BAR_SHARE = 0.74;
const MAX_BAR_PX = 44;

/** The size and the scale of a drawing. */
export interface Frame {
  /** Width and height of the area with the values, in pixels. */
  readonly width: number;
  readonly height: number;
  /** The labels of the value axis. */
  readonly ticks: readonly number[];
  readonly pixelsPerUnit: number;
  readonly bars: readonly (readonly Segment[])[];
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** The bars of each series as one SVG path. One element per segment would be more than a thousand elements. */
function barPaths({ bars, width, height }: Frame, seriesCount: number): readonly string[] {
  const pitch = width / bars.length;
  const barWidth = Math.min(MAX_BAR_PX, pitch > 4 ? pitch * BAR_SHARE : pitch - 0.5);
  const paths = Array.from({ length: seriesCount }, () => '');
  for (const [index, bar] of bars.entries()) {
    const x = round(pitch * (index + 0.5) - barWidth / 2);
    for (const { series, from, to } of bar)
      paths[series] +=
        `M${x} ${round(height - from)}v${round(from - to)}h${round(barWidth)}v${round(to - from)}z`;
  }
  return paths;
}

/** The axes, bars and lines of a chart. Screen readers get the values from the focusable element over the drawing. */
export function Drawing({
  chart,
  frame,
  emphasized,
  current,
  selection,
}: {
  readonly chart: ChartProps;
  readonly frame: Frame;
  /** The name of the series to stand out. */
  readonly emphasized: string | undefined;
  /** The interval that the tooltip shows. */
  readonly current: number | undefined;
  /** The intervals between which the user is dragging. */
  readonly selection: readonly [number, number] | undefined;
}) {
  const { starts, interval, series, kind, format, formatTick = format } = chart;
  const { width, height, ticks, pixelsPerUnit } = frame;
  const { zone } = timeDisplay.value;
  const pitch = width / Math.max(1, starts.length);
  const centerOf = (index: number): number => round(pitch * (index + 0.5));
  const yOf = (value: number): number => round(height - value * pixelsPerUnit);

  const labels = useMemo(() => {
    const hours = starts.map((start) => hourOfDay(Date.parse(start), zone));
    return labeledIntervals(hours, interval, Math.floor(width / LABEL_PX));
  }, [starts, interval, width, zone]);
  const paths = useMemo(
    () =>
      kind === 'bars'
        ? barPaths(frame, series.length)
        : series.map(({ values }) => linePath(values, (index, value) => `${centerOf(index)} ${yOf(value)}`)),
    [frame, series, kind],
  );
  if (width === 0) return null;
  const [from, to] = selection ?? [current, current];
  return (
    <svg
      width={width + PADDING.left + PADDING.right}
      height={height + PADDING.top + PADDING.bottom}
      aria-hidden="true"
    >
      <g transform={`translate(${PADDING.left} ${PADDING.top})`}>
        {ticks.map((tick) => (
          <g key={tick} class="tick" transform={`translate(0 ${yOf(tick)})`}>
            <line x2={width} />
            <text x={-8} y={4} text-anchor="end">
              {formatTick(tick)}
            </text>
          </g>
        ))}
        {labels.map((index) => (
          <text key={index} x={centerOf(index)} y={height + 18} text-anchor="middle">
            {formatAxisLabel(Date.parse(starts[index] ?? ''), interval, zone)}
          </text>
        ))}
        {from !== undefined && to !== undefined && (
          <rect
            class={selection ? 'selection' : 'cursor'}
            x={Math.min(from, to) * pitch}
            width={(Math.abs(to - from) + 1) * pitch}
            height={height}
          />
        )}
        {series.map(({ name, tone, values }, position) => (
          <g
            key={name}
            class={kind}
            data-tone={tone}
            data-dim={emphasized !== undefined && emphasized !== name}
          >
            <path d={paths[position]} />
            {kind === 'lines' &&
              values.map(
                (value, index) =>
                  value !== null &&
                  (index === current || isIsolated(values, index)) && (
                    <circle
                      key={index}
                      cx={centerOf(index)}
                      cy={yOf(value)}
                      r={index === current ? 4 : 2.5}
                    />
                  ),
              )}
          </g>
        ))}
      </g>
    </svg>
  );
}
