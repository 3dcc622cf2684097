import { withQuery } from '../api/client.ts';
import { client } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { formatNumber, pluralize } from '../text/format.ts';
import type { LogQuery } from '../text/log-query.ts';

const FORMATS = { csv: 'text/csv;charset=utf-8', ndjson: 'application/x-ndjson' } as const;
export type ExportFormat = keyof typeof FORMATS;
/** The browser holds the whole file in memory. For a larger export, users call the API. */
const MAX_PAGES = 100;

function downloadFile(parts: readonly Blob[], format: ExportFormat): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: FORMATS[format] }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `ivymail-logs-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Exports all events that match the filters to a file, page by page. */
export async function exportEvents(
  query: LogQuery,
  {
    format,
    signal,
    onPage,
  }: {
    readonly format: ExportFormat;
    readonly signal: AbortSignal;
    /** Called before each request with the number of pages so far. */
    readonly onPage: (pages: number) => void;
  },
): Promise<void> {
  const { cursor: _currentPage, ...filters } = query;
  // Read bytes, because reading text drops the byte order mark. Without it, Excel shows `Ã¼` for `ü`.
  const parts: Blob[] = [];
  let cursor: string | undefined;
  try {
    do {
      onPage(parts.length);
      const path = withQuery('/v1/send/logs/export', { format, ...filters, cursor });
      const response = await client.request(path, { signal });
      parts.push(await response.blob());
      cursor = response.headers.get('x-next-cursor') ?? undefined;
    } while (cursor !== undefined && parts.length < MAX_PAGES);
    downloadFile(parts, format);
    if (cursor === undefined)
      notify('success', `Exported ${pluralize(parts.length, 'page')} as ${format.toUpperCase()}.`);
    else
      notify(
        'error',
        `The file contains the newest ${formatNumber(MAX_PAGES * 1_000)} events. Use the API to export the rest.`,
      );
  } catch (error) {
    if (!signal.aborted) notify('error', `Export failed: ${(error as Error).message}`);
  }
}

/** The formats of an export. An export always contains events, also while the list shows messages. */
export function ExportMenu({ onChoose }: { readonly onChoose: (format: ExportFormat) => void }) {
  return (
    <div class="export-menu">
      <p class="quiet">One line per event that matches the filters.</p>
      <ul class="choices">
        {(Object.keys(FORMATS) as ExportFormat[]).map((format) => (
          <li key={format}>
            <button type="button" class="plain" onClick={() => onChoose(format)}>
              Export events as {format.toUpperCase()}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
