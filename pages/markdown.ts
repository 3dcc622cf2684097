export type Cells = readonly (string | number)[];

/** A Markdown table. A column whose first cell is a number is aligned to the right. */
export function table(header: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells): string => `| ${cells.join(' | ')} |`;
  const isNumber = (cell: unknown): boolean => /^\$?[\d,]+(?:\.\d+)?$/.test(String(cell));
  const marks = header.map((_, index) => (isNumber(rows[0]?.[index]) ? '--:' : '---'));
  return [line(header), line(marks), ...rows.map(line)].join('\n');
}
