import type { EmailEvent } from '../core/events.ts';
import { toLogEntry } from './log-entry.ts';
import type { RouteResponse } from './route.ts';
import type { ExportFormat } from './schemas/send-logs.ts';

/** A list as another program takes it; `json` is the list of the API. */
export type ListFormat = 'json' | ExportFormat;

export const CSV_TYPE = 'text/csv';
export const NDJSON_TYPE = 'application/x-ndjson';

const FORMAT_OF: ReadonlyMap<string, ListFormat> = new Map([
  [CSV_TYPE, 'csv'],
  [NDJSON_TYPE, 'ndjson'],
  ['application/json', 'json'],
  ['application/*', 'json'],
  ['*/*', 'json'],
]);

/** The format an Accept header likes best, of those there are; JSON where it likes none or says nothing. */
export function formatOf(accept: string | undefined): ListFormat {
  const liked = (accept ?? '').split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
    const quality = parameters.find((each) => each.startsWith('q='))?.slice(2);
    return { format: FORMAT_OF.get(type), quality: quality === undefined ? 1 : Number(quality) };
  });
  // A stable sort: of two that are liked alike, the first one named.
  const [best] = liked
    .filter(({ format, quality }) => format !== undefined && quality > 0)
    .toSorted((left, right) => right.quality - left.quality);
  return best?.format ?? 'json';
}

const ERROR_COLUMNS = [
  'bounce_type',
  'bounce_subtype',
  'diagnostic_code',
  'feedback_type',
  'suppression_reason',
  'error_code',
  'error_message',
  'delay_type',
  'expires_at',
] as const;
const COLUMNS = [
  'event_id',
  'message_id',
  'timestamp',
  'type',
  'status',
  'to',
  'from',
  'subject',
  ...ERROR_COLUMNS,
  'link',
  'automated',
  'contact_list',
  'topics',
  'unsubscribe_all',
  'tags',
  'workspace_id',
] as const;

/** Without it, Excel reads a file as text in the code page of the machine, and shows `Ã¼` for `ü`. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * What begins a formula in some spreadsheet: `= + - @`, and every character that Unicode treats as a form of one of them,
 * such as the full-width `＝` (U+FF1D) that Excel accepts in East Asian locales. U+2212 is the minus sign.
 */
function beginsFormula(text: string): boolean {
  return /^[=+\-@\u2212]/.test((text.match(/^./su)?.[0] ?? '').normalize('NFKC'));
}

/** Spaces, control characters and invisible characters such as a byte order mark: spreadsheets drop them before a formula. */
const INVISIBLE = /^[\s\p{Z}\p{C}]+/u;

/**
 * The same within a cell, and quotation marks. A spreadsheet that cuts at `;` reads `""=1+1` as the formula `=1+1`: the first
 * mark opens a quoted text, and the second one ends it.
 */
const BEFORE_FORMULA = /^[\s\p{Z}\p{C}"]+/u;

/** Where text begins in a spreadsheet whose separator is `;` or a tab, as in most of Europe, or after a line break. */
const PARTS = /(?<=[;\t\r\n])/;

/** Apostrophe: a spreadsheet then takes the rest for text. https://owasp.org/www-community/attacks/CSV_Injection */
function neutralized(part: string): string {
  const risky = /^[\t\r\n]/.test(part) || beginsFormula(part.replace(INVISIBLE, ''));
  return risky ? `'${part}` : part;
}

/** A cell by RFC 4180. Subjects, addresses and tags are written by strangers, so no part of a cell may begin a formula. */
function cell(value: unknown): string {
  const text =
    typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
  const [first = '', ...others] = text.split(PARTS);
  const safe =
    neutralized(first) +
    others.map((part) => (beginsFormula(part.replace(BEFORE_FORMULA, '')) ? `'${part}` : part)).join('');
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/**
 * Only the first page has a byte order mark and a line of names: the pages of an export follow each other in one file.
 */
export function toCsv(events: readonly EmailEvent[], { first }: { readonly first: boolean }): string {
  const lines = events.map((event) => {
    const entry = toLogEntry(event);
    const fields = { ...(entry['error'] as object | undefined), ...entry } as Record<string, unknown>;
    return csvLine(COLUMNS.map((column) => fields[column]));
  });
  return (first ? BYTE_ORDER_MARK + csvLine(COLUMNS) : '') + lines.join('');
}

export function toNdjson(events: readonly EmailEvent[]): string {
  return events.map((event) => `${JSON.stringify(toLogEntry(event))}\n`).join('');
}

/** One page of an export as an answer. `first`: nothing comes before it in the file. */
export function exportPage(
  events: readonly EmailEvent[],
  { format, first }: { readonly format: ExportFormat; readonly first: boolean },
): Pick<RouteResponse, 'text' | 'headers'> {
  const text =
    format === 'csv'
      ? { type: `${CSV_TYPE}; charset=utf-8`, content: toCsv(events, { first }) }
      : { type: NDJSON_TYPE, content: toNdjson(events) };
  return { text, headers: { 'content-disposition': `attachment; filename="ivymail-logs.${format}"` } };
}
