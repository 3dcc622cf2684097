import { highestValue, stackBars, type Values } from './scale.ts';

const WIDTH = 120;
const HEIGHT = 28;

/**
 * A small chart of stacked bars without axes, for a cell of a table. All bars fill the width. Screen readers get `label`.
 */
export function Sparkline({
  series,
  label,
}: {
  readonly series: readonly { readonly tone: string; readonly values: Values }[];
  readonly label: string;
}) {
  const values = series.map((each) => each.values);
  const bars = stackBars(values, HEIGHT / Math.max(1, highestValue(values, true)));
  const pitch = WIDTH / Math.max(1, bars.length);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {series.map(({ tone }, position) => (
        <path
          key={tone}
          data-tone={tone}
          d={bars
            .flatMap((bar, index) =>
              bar
                .filter((segment) => segment.series === position)
                .map(({ from, to }) => {
                  const height = Math.min(HEIGHT, to) - Math.min(HEIGHT, from);
                  return `M${(index * pitch).toFixed(1)} ${(HEIGHT - Math.min(HEIGHT, to)).toFixed(1)}h${(pitch * 0.8).toFixed(1)}v${height.toFixed(1)}h-${(pitch * 0.8).toFixed(1)}z`;
                }),
            )
            .join('')}
        />
      ))}
      <path class="base" d={`M0 ${HEIGHT - 0.5}h${WIDTH}`} />
    </svg>
  );
}
