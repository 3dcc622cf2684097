import { intervalLabel, type ChartProps } from './props.ts';

/** The values of a chart as a table. */
export function DataTable(props: ChartProps) {
  const { title, unit, starts, series, format } = props;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
      <table>
        <caption class="visually-hidden">
          {title}, {unit}
        </caption>
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
              <th scope="row">{intervalLabel(props, index)}</th>
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
  );
}
