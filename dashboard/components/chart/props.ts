import { timeDisplay } from '../../state/preferences.ts';
import { formatIntervalStart } from '../../text/format.ts';
import type { Values } from './scale.ts';

export interface Series {
  readonly name: string;
  /** A color name: `--tone-<name>` in styles/tokens.css. */
  readonly tone: string;
  /** One value per interval. Null if the interval has no value. */
  readonly values: Values;
  /** The value for the whole time range. */
  readonly total: number | null;
}

export interface ChartProps {
  readonly title: string;
  /** What one value is: `emails per hour`. */
  readonly unit: string;
  readonly interval: 'hour' | 'day';
  /** Start times of the intervals, RFC 3339. Empty while the data loads. */
  readonly starts: readonly string[];
  readonly series: readonly Series[];
  /** Stacked bars, or one line per series. */
  readonly kind: 'bars' | 'lines';
  /** The value axis reaches at least this value. */
  readonly minimum: number;
  /** Whether the labels of the value axis are whole numbers. */
  readonly wholeNumbers?: boolean;
  readonly format: (value: number | null) => string;
  /** Formats the labels of the value axis. Default: `format`. */
  readonly formatTick?: (value: number) => string;
  /** The page to open for an interval or a series. Without an interval, the page is about the whole time range. */
  readonly hrefOf?: (target: { readonly index?: number; readonly series?: string }) => string;
  /** Called with the first and the last interval that the user selects by dragging. */
  readonly onZoom?: (from: number, to: number) => void;
  /** The level of the title. */
  readonly level?: 2 | 3;
  readonly height?: number;
}

/** `24 Nov, 14:00` */
export function intervalLabel({ starts, interval }: ChartProps, index: number): string {
  const start = starts[index];
  return start === undefined ? '' : formatIntervalStart(Date.parse(start), interval, timeDisplay.value.zone);
}
