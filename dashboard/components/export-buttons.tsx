import { useEffect, useRef, useState } from 'preact/hooks';
import { withQuery } from '../api/client.ts';
import { client } from '../state/app.ts';
import { notify } from '../state/notices.ts';
import { formatNumber, pluralize } from '../text/format.ts';
import type { LogQuery } from '../text/log-query.ts';

const FORMATS = { csv: 'text/csv;charset=utf-8', ndjson: 'application/x-ndjson' } as const;
type Format = keyof typeof FORMATS;
/** A browser holds the whole file; who wants more asks the API, page by page. */
const MOST_PAGES = 100;

function save(parts: readonly Blob[], format: Format): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: FORMATS[format] }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `ivymail-logs-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Everything that fits the filters, page after page, into a file. */
export function ExportButtons({ query }: { readonly query: LogQuery }) {
  const [pages, setPages] = useState<number>();
  const stop = useRef<AbortController>();

  useEffect(() => () => stop.current?.abort(), []);

  async function run(format: Format): Promise<void> {
    const { cursor: _shown, ...filters } = query;
    const controller = new AbortController();
    stop.current = controller;
    // Bytes, not text: reading text drops the byte order mark, without which Excel shows `Ã¼` for `ü`.
    const parts: Blob[] = [];
    let cursor: string | undefined;
    try {
      do {
        setPages(parts.length);
        const response = await client.request(
          withQuery('/v1/send/logs/export', { format, ...filters, cursor }),
          {
            signal: controller.signal,
          },
        );
        parts.push(await response.blob());
        cursor = response.headers.get('x-next-cursor') ?? undefined;
      } while (cursor !== undefined && parts.length < MOST_PAGES);
      save(parts, format);
      if (cursor === undefined) notify('done', `Exported ${pluralize(parts.length, 'page')} as ${format}.`);
      else
        notify(
          'wrong',
          `The file holds the newest ${formatNumber(MOST_PAGES * 1_000)} events; the API has the rest.`,
        );
    } catch (error) {
      if (!controller.signal.aborted) notify('wrong', `Not exported: ${(error as Error).message}`);
    } finally {
      setPages(undefined);
    }
  }

  if (pages !== undefined)
    return (
      <button type="button" onClick={() => stop.current?.abort()}>
        Exporting, page {pages + 1} … stop
      </button>
    );
  return (
    <span class="group" role="group" aria-label="Export">
      <span class="group-name">Export</span>
      {(Object.keys(FORMATS) as Format[]).map((format) => (
        <button
          key={format}
          type="button"
          onClick={() => void run(format)}
          aria-label={`Export as ${format.toUpperCase()}`}
        >
          {format.toUpperCase()}
        </button>
      ))}
    </span>
  );
}
