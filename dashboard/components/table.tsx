import type { ComponentChildren } from 'preact';

export interface Column {
  readonly name: string;
  /** Left out where there is little room. */
  readonly wide?: boolean;
  readonly num?: boolean;
  /** Its name is said, and not shown: that of buttons. */
  readonly unseen?: boolean;
}

function classOf({ wide, num }: Column): string {
  return [num && 'num', wide && 'wide-only'].filter(Boolean).join(' ');
}

/** Rows under their names; it may be moved sideways in its place, never the page. */
export function Table({
  caption,
  columns,
  kind = '',
  children,
}: {
  /** What it shows, for who does not see it. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly kind?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="scroll">
      <table class={kind}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.unseen ? <span class="unseen">{column.name}</span> : column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
