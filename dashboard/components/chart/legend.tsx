import { Link } from 'wouter-preact';
import type { ChartProps } from './props.ts';

/** The names and totals of the series. With `hrefOf`, each is a link. */
export function Legend({
  series,
  format,
  hrefOf,
  onEmphasize,
}: ChartProps & { readonly onEmphasize: (name: string | undefined) => void }) {
  return (
    <ul class="legend">
      {series.map(({ name, tone, total }) => {
        const content = (
          <>
            <span class="swatch" data-tone={tone} />
            {name} <b>{format(total)}</b>
          </>
        );
        const emphasis = {
          onPointerEnter: () => onEmphasize(name),
          onPointerLeave: () => onEmphasize(undefined),
        };
        return (
          <li key={name} {...emphasis}>
            {hrefOf ? <Link href={hrefOf({ series: name })}>{content}</Link> : <span>{content}</span>}
          </li>
        );
      })}
    </ul>
  );
}
