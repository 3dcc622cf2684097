import { useEffect, useRef, useState } from 'preact/hooks';
import { narrow } from '../state/media.ts';
import { notify } from '../state/notices.ts';
import type { LogQuery } from '../text/log-query.ts';
import { ActionMenu, type Action } from './action-menu.tsx';
import type { ExportFormat } from './export-menu.tsx';
import { lazy } from './lazy-component.tsx';
import { Popover } from './popover.tsx';

const loadExport = () => import('./export-menu.tsx');
const ExportMenu = lazy(() => loadExport().then((module) => module.ExportMenu));

/**
 * The actions of the log. An export contains the events that match the filters. While an export runs, its button cancels
 * it. On a narrow screen, all actions are in one menu.
 */
export function LogActions({
  query,
  onSend,
}: {
  readonly query: LogQuery;
  /** Absent if the key may not send. */
  readonly onSend: (() => void) | undefined;
}) {
  const [exportedPages, setExportedPages] = useState<number>();
  const abort = useRef<AbortController>();
  useEffect(() => () => abort.current?.abort(), []);

  async function run(format: ExportFormat): Promise<void> {
    const controller = new AbortController();
    abort.current = controller;
    setExportedPages(0);
    try {
      const { exportEvents } = await loadExport();
      await exportEvents(query, { format, signal: controller.signal, onPage: setExportedPages });
    } catch {
      notify('error', 'The export could not be started. Reload the page, then try again.');
    }
    setExportedPages(undefined);
  }

  const cancel = exportedPages !== undefined && (
    <button type="button" onClick={() => abort.current?.abort()}>
      Cancel export (page {exportedPages + 1})
    </button>
  );
  if (narrow.value) {
    const disabled = exportedPages !== undefined;
    const actions: readonly Action[] = [
      ...(onSend ? [{ label: 'Send test email', onSelect: onSend }] : []),
      { label: 'Export events as CSV', onSelect: () => void run('csv'), disabled },
      { label: 'Export events as NDJSON', onSelect: () => void run('ndjson'), disabled },
    ];
    return <ActionMenu actions={actions}>{cancel}</ActionMenu>;
  }
  return (
    <>
      {cancel || (
        <Popover title="Export events" label="Export" align="end">
          {(close) => (
            <ExportMenu
              onChoose={(format) => {
                close();
                void run(format);
              }}
            />
          )}
        </Popover>
      )}
      {onSend && (
        <button type="button" class="primary" onClick={onSend}>
          Send test email
        </button>
      )}
    </>
  );
}
