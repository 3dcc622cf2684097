import { BYTE_ORDER_MARK, csvLine } from '../core/csv.ts';
import type { EmailEvent } from '../core/events.ts';
import { toLogEntry } from './log-entry.ts';
import type { RouteResponse } from './route.ts';
import type { ExportFormat } from './schemas/send-logs.ts';

/** The format of a list of log entries. `json` is the normal response of the API. */
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

/** Chooses the format that an Accept header prefers, or JSON if the header is missing or contains no known format. */
export function formatOf(accept: string | undefined): ListFormat {
  const accepted = (accept ?? '').split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
    const quality = parameters.find((each) => each.startsWith('q='))?.slice(2);
    return { format: FORMAT_OF.get(type), quality: quality === undefined ? 1 : Number(quality) };
  });
  // The sort is stable, so of two types with equal quality the first one is chosen.
  const [best] = accepted
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
  // A new column is the last one, because programs can read the columns by their position.
  'reason',
] as const;

/** Log entries as CSV. Only the first page has the byte order mark and the header line, because the client joins all pages into one file. */
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

/** The response for one page of an export. `first`: this page begins the file. */
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
