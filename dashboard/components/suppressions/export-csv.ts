import { BYTE_ORDER_MARK, csvLine } from '../../../lambdas/core/csv.ts';
import type { Query } from '../../api/client.ts';
import { readAllPages } from '../../api/read-all.ts';
import type { Suppression } from '../../api/types.ts';
import { client } from '../../state/app.ts';
import { notify } from '../../state/notices.ts';
import { pluralize } from '../../text/format.ts';

const COLUMNS = ['address', 'reason', 'created_at', 'event_id', 'message_id'] as const;

/** Exports every suppression that matches a query to a CSV file. */
export async function exportSuppressions(query: Query, signal: AbortSignal): Promise<void> {
  const lines = [BYTE_ORDER_MARK + csvLine(COLUMNS)];
  try {
    for await (const page of readAllPages<Suppression>(client, '/v1/suppressions', { query, signal }))
      for (const suppression of page) lines.push(csvLine(COLUMNS.map((column) => suppression[column])));
    if (signal.aborted) return;
    const url = URL.createObjectURL(new Blob(lines, { type: 'text/csv;charset=utf-8' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `ivymail-suppressions-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    notify('success', `Exported ${pluralize(lines.length - 1, 'address', 'addresses')}.`);
  } catch (error) {
    if (!signal.aborted) notify('error', `Export failed: ${(error as Error).message}`);
  }
}
