/** CSV files (RFC 4180) that spreadsheet programs open without executing anything. */

/** The byte order mark makes Excel read the file as UTF-8. Without it, Excel shows `Ã¼` instead of `ü`. */
export const BYTE_ORDER_MARK = '\ufeff';

/**
 * Whether a text begins a formula in some spreadsheet program: with `= + - @`, or with a Unicode variant of one of them, such as
 * the full-width `＝` (U+FF1D) that Excel accepts in East Asian locales. U+2212 is the minus sign.
 */
function beginsFormula(text: string): boolean {
  return /^[=+\-@\u2212]/.test((text.match(/^./su)?.[0] ?? '').normalize('NFKC'));
}

/** Spaces, control characters and invisible characters. Spreadsheets ignore them before a formula. */
const INVISIBLE = /^[\s\p{Z}\p{C}]+/u;

/**
 * What can come before a formula inside a cell: the characters above, and quotation marks. A spreadsheet that separates cells
 * at `;` reads `""=1+1` as the formula `=1+1`, because the first quotation mark opens a quoted text and the second ends it.
 */
const BEFORE_FORMULA = /^[\s\p{Z}\p{C}"]+/u;

/** The places in a cell where a new cell begins if the separator is `;` or a tab, as in most of Europe, or after a line break. */
const CELL_STARTS = /(?<=[;\t\r\n])/;

/** Adds an apostrophe before a formula, so that a spreadsheet reads the formula as text. https://owasp.org/www-community/attacks/CSV_Injection */
function neutralized(part: string): string {
  const risky = /^[\t\r\n]/.test(part) || beginsFormula(part.replace(INVISIBLE, ''));
  return risky ? `'${part}` : part;
}

/** A CSV cell (RFC 4180). An attacker may control a subject, an address or a tag, so no part of a cell may begin a formula. */
function cell(value: unknown): string {
  const text =
    typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
  const [first = '', ...rest] = text.split(CELL_STARTS);
  const safe =
    neutralized(first) +
    rest.map((part) => (beginsFormula(part.replace(BEFORE_FORMULA, '')) ? `'${part}` : part)).join('');
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line of a CSV file, with its line break. */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}
