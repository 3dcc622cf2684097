/** The output of a command: `result` for a program, `text` for a person. */
export interface CommandOutput {
  readonly result: unknown;
  readonly text: string;
  /** Default: 0. */
  readonly exitCode?: number;
}

/** Formats rows as a table with aligned columns. */
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
