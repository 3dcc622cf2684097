import type { ComponentChildren } from 'preact';

export interface Column {
  readonly name: string;
  /** Hidden on narrow screens. */
  readonly wideOnly?: boolean;
  /** Hidden also on medium screens. */
  readonly roomyOnly?: boolean;
  readonly numeric?: boolean;
  /** Only screen readers get the column name. Used for columns of buttons. */
  readonly visuallyHidden?: boolean;
}

function columnClass({ wideOnly, roomyOnly, numeric }: Column): string {
  return [numeric && 'num', wideOnly && 'wide-only', roomyOnly && 'roomy-only'].filter(Boolean).join(' ');
}

/** A table. If it is too wide, the table scrolls sideways, never the page. */
export function Table({
  caption,
  columns,
  kind = '',
  children,
}: {
  /** Description of the table for screen readers. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly kind?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="scroll">
      <table class={kind}>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={columnClass(column)}>
                {column.visuallyHidden ? <span class="visually-hidden">{column.name}</span> : column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
