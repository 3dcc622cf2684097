import { useEffect, useRef, useState } from 'preact/hooks';
import { withQuery } from '../api/client.ts';
import { client } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { formatNumber, pluralize } from '../text/format.ts';
import type { LogQuery } from '../text/log-query.ts';

const FORMATS = { csv: 'text/csv;charset=utf-8', ndjson: 'application/x-ndjson' } as const;
type Format = keyof typeof FORMATS;
/** The browser holds the whole file in memory. For a larger export, users call the API. */
const MAX_PAGES = 100;

function downloadFile(parts: readonly Blob[], format: Format): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: FORMATS[format] }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `ivymail-logs-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Buttons that export all events that match the filters to a file, page by page. */
export function ExportButtons({ query }: { readonly query: LogQuery }) {
  const [exportedPages, setExportedPages] = useState<number>();
  const abort = useRef<AbortController>();

  useEffect(() => () => abort.current?.abort(), []);

  async function exportLogs(format: Format): Promise<void> {
    const { cursor: _currentPage, ...filters } = query;
    const controller = new AbortController();
    abort.current = controller;
    // Read bytes, because reading text drops the byte order mark. Without it, Excel shows `Ã¼` for `ü`.
    const parts: Blob[] = [];
    let cursor: string | undefined;
    try {
      do {
        setExportedPages(parts.length);
        const response = await client.request(
          withQuery('/v1/send/logs/export', { format, ...filters, cursor }),
          {
            signal: controller.signal,
          },
        );
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
      if (!controller.signal.aborted) notify('error', `Export failed: ${(error as Error).message}`);
    } finally {
      setExportedPages(undefined);
    }
  }

  if (exportedPages !== undefined)
    return (
      <button type="button" onClick={() => abort.current?.abort()}>
        Cancel export (page {exportedPages + 1})
      </button>
    );
  return (
    <span class="group" role="group" aria-label="Export">
      <span class="group-name">Export</span>
      {(Object.keys(FORMATS) as Format[]).map((format) => (
        <button
          key={format}
          type="button"
          onClick={() => void exportLogs(format)}
          aria-label={`Export as ${format.toUpperCase()}`}
        >
          {format.toUpperCase()}
        </button>
      ))}
    </span>
  );
}
