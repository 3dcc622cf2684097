import { useMemo, useState } from 'preact/hooks';
import { DataTable } from './data-table.tsx';
import { Legend } from './legend.tsx';
import { Plot } from './plot.tsx';
import type { ChartProps } from './props.ts';

/** A chart with a title, a legend with totals, a tooltip, and a table of its values. */
export function Chart(props: ChartProps) {
  const { title, unit, level = 2 } = props;
  const [emphasized, setEmphasized] = useState<string>();
  const Title = `h${level}` as const;
  // The table can have more than a thousand cells, and most users never open it.
  const [isTableOpen, setIsTableOpen] = useState(false);
  const table = useMemo(
    () => isTableOpen && <DataTable {...props} />,
    [isTableOpen, props.starts, props.series],
  );
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <Title>{title}</Title>
        <span class="quiet">{unit}</span>
      </figcaption>
      <Legend {...props} onEmphasize={setEmphasized} />
      <Plot {...props} emphasized={emphasized} />
      <details onToggle={(event) => setIsTableOpen(event.currentTarget.open)}>
        <summary>View as table</summary>
        {table}
      </details>
    </figure>
  );
}
