import { intervalLabel, type ChartProps } from './props.ts';

/** A position in the plot, in pixels from its top left corner. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** The series that a tooltip lists, from the top of the bar down. An empty interval of bars lists none. */
function listed({ series, kind }: ChartProps, index: number): ChartProps['series'] {
  if (kind === 'lines') return series;
  return series.filter(({ values }) => (values[index] ?? 0) > 0).toReversed();
}

/** The values of an interval as one sentence, for screen readers. */
export function intervalText(props: ChartProps, index: number): string {
  const values = listed(props, index).map(
    ({ name, values: all }) => `${props.format(all[index] ?? null)} ${name}`,
  );
  return `${intervalLabel(props, index)}: ${values.length > 0 ? values.join(', ') : 'none'}`;
}

/** The values of one interval, next to the pointer. It opens toward the middle of the plot, so that it stays inside. */
export function Tooltip({
  chart,
  index,
  selected,
  spot,
  width,
  height,
}: {
  readonly chart: ChartProps;
  readonly index: number;
  /** The series under the pointer. */
  readonly selected: string | undefined;
  readonly spot: Spot;
  readonly width: number;
  readonly height: number;
}) {
  const horizontal =
    spot.x > width / 2 ? { right: `${width - spot.x + 14}px` } : { left: `${spot.x + 14}px` };
  const vertical =
    spot.y > height / 2 ? { bottom: `${height - spot.y - 12}px` } : { top: `${spot.y - 12}px` };
  const rows = listed(chart, index);
  return (
    <div class="tooltip" aria-hidden="true" style={{ ...horizontal, ...vertical }}>
      <p>{intervalLabel(chart, index)}</p>
      <ul>
        {rows.map(({ name, tone, values }) => (
          <li key={name} data-selected={name === selected}>
            <span class="swatch" data-tone={tone} />
            <span>{name}</span>
            <b>{chart.format(values[index] ?? null)}</b>
          </li>
        ))}
        {rows.length === 0 && <li class="quiet">none</li>}
      </ul>
      {chart.hrefOf && <p class="quiet">Click to open the log</p>}
    </div>
  );
}
