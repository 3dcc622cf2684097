/** What a command has to say: to a program and to a person. */
export interface CommandOutput {
  readonly result: unknown;
  readonly text: string;
  /** 0 unless told otherwise. */
  readonly exitCode?: number;
}

/** Columns side by side, as wide as their widest cell. */
export function formatTable(names: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'none';
  const all = [names, ...rows];
  const widths = names.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
