export type Cells = readonly (string | number)[];

/** A Markdown table with padded columns. A column whose first cell is a number is aligned to the right. */
export function table(header: Cells, rows: readonly Cells[]): string {
  const texts = [header, ...rows].map((cells) => cells.map(String));
  const widths = header.map((_, column) => Math.max(3, ...texts.map((cells) => cells[column]?.length ?? 0)));
  const isNumber = (cell: unknown): boolean => /^\$?[\d,]+(?:\.\d+)?$/.test(String(cell));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const marks = widths.map((width, column) =>
    isNumber(rows[0]?.[column]) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  const [head = [], ...lines] = texts;
  return [line(head), line(marks), ...lines.map(line)].join('\n');
}
