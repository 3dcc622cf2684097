import type { EmailEvent } from '../core/events.ts';
import { toLogEntry } from './log-entry.ts';

/** A list as another program takes it; `json` is the list of the API. */
export type ListFormat = 'json' | 'csv' | 'ndjson';

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
  'tags',
  'workspace_id',
] as const;

/**
 * A cell by RFC 4180. A spreadsheet takes what begins like a formula for one, and a subject is written by anybody: such
 * a cell gets an apostrophe, as OWASP advises. https://owasp.org/www-community/attacks/CSV_Injection
 */
function cell(value: unknown): string {
  const text =
    typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** Only the first page has a line of names: the pages of an export follow each other in one file. */
export function toCsv(events: readonly EmailEvent[], { withNames }: { readonly withNames: boolean }): string {
  const lines = events.map((event) => {
    const entry = toLogEntry(event);
    const fields = { ...(entry['error'] as object | undefined), ...entry } as Record<string, unknown>;
    return csvLine(COLUMNS.map((column) => fields[column]));
  });
  return (withNames ? csvLine(COLUMNS) : '') + lines.join('');
}

export function toNdjson(events: readonly EmailEvent[]): string {
  return events.map((event) => `${JSON.stringify(toLogEntry(event))}\n`).join('');
}
