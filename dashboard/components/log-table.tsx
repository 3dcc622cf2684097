import { Link } from 'wouter-preact';
import { withQuery } from '../api/client.ts';
import type { LogEntry, MessageSummary } from '../api/types.ts';
import { narrow } from '../state/media.ts';
import { shortReason } from '../text/explain.ts';
import type { LogView } from '../text/log-query.ts';
import { StatusBadge } from './badge.tsx';
import { ROW_LINK } from './row-link.ts';
import { Table, type Column } from './table.tsx';
import { Time } from './time.tsx';

/** One row of either view, with the fields that both views show. */
export interface LogRow {
  /** Unique in the list, and equal after the row changes. */
  readonly id: string;
  readonly messageId: string;
  readonly to: string | null;
  readonly subject: string | null;
  readonly status: string;
  readonly reason: string;
  /** The response of the mail server, which is too long for the row. */
  readonly response: string | undefined;
  /** When the status began, or when the event happened. */
  readonly at: string;
  /** When the message was created. Only in the messages view. */
  readonly createdAt?: string;
  readonly isPartial: boolean;
}

export function messageRow(message: MessageSummary): LogRow {
  return {
    id: `${message.message_id} ${message.to}`,
    messageId: message.message_id,
    to: message.to,
    subject: message.subject,
    status: message.status,
    reason: shortReason(message),
    response: message.error?.diagnostic_code,
    at: message.status_at,
    createdAt: message.created_at,
    isPartial: message.partial,
  };
}

export function eventRow(entry: LogEntry): LogRow {
  return {
    id: entry.event_id,
    messageId: entry.message_id,
    to: entry.to,
    subject: entry.subject,
    status: entry.status,
    reason: shortReason(entry),
    response: entry.error?.diagnostic_code,
    at: entry.timestamp,
    isPartial: false,
  };
}

const COLUMNS: Readonly<Record<LogView, readonly Column[]>> = {
  messages: [
    { name: 'Status' },
    { name: 'Recipient' },
    { name: 'Subject' },
    { name: 'Reason' },
    { name: 'Last change' },
    { name: 'Sent' },
  ],
  events: [
    { name: 'Status' },
    { name: 'Recipient' },
    { name: 'Subject' },
    { name: 'Reason' },
    { name: 'Time' },
  ],
};
const NARROW_COLUMNS: Readonly<Record<LogView, readonly Column[]>> = {
  messages: [{ name: 'Message' }],
  events: [{ name: 'Event' }],
};

/** The API reads a limited number of events per message. */
const PARTIAL_TEXT =
  'This message has more events than the list reads, so the status may be older. Open the message to see all events.';

function Partial() {
  return (
    <span class="partial" title={PARTIAL_TEXT}>
      partial<span class="visually-hidden">: {PARTIAL_TEXT}</span>
    </span>
  );
}

function Row({
  row,
  isNew,
  onOpen,
}: {
  readonly row: LogRow;
  readonly isNew: boolean;
  readonly onOpen: (id: string) => void;
}) {
  const status = (
    <>
      <StatusBadge status={row.status} />
      {row.isPartial && <Partial />}
    </>
  );
  const link = (
    <Link
      href={withQuery(`/logs/${encodeURIComponent(row.messageId)}`, { to: row.to ?? undefined })}
      data-row=""
      data-row-id={row.id}
      onClick={() => onOpen(row.id)}
    >
      {row.to ?? '(no recipient)'}
    </Link>
  );
  const subject = row.subject ?? '';
  if (narrow.value)
    return (
      <tr class={isNew ? 'new' : ''} {...ROW_LINK}>
        <td class="log-card">
          {link}
          <span class="log-card-line">
            {status}
            <span class="cut" dir="auto">
              {subject}
            </span>
            <Time at={row.at} />
          </span>
        </td>
      </tr>
    );
  return (
    <tr class={isNew ? 'new' : ''} {...ROW_LINK}>
      <td class="status">{status}</td>
      <td class="to" title={row.to ?? undefined}>
        {link}
      </td>
      {/* Without `dir`, the cut hides the beginning of an Arabic or Hebrew subject instead of its end. */}
      <td class="cut" title={subject} dir="auto">
        {subject}
      </td>
      <td class="cut quiet" title={row.response ?? row.reason}>
        {row.reason}
      </td>
      <td class="when">
        <Time at={row.at} />
      </td>
      {row.createdAt !== undefined && (
        <td class="when">
          <Time at={row.createdAt} />
        </td>
      )}
    </tr>
  );
}

/** The table of messages or events. On narrow screens, each row has two lines. */
export function LogTable({
  view,
  rows,
  isNew,
  onOpen,
}: {
  readonly view: LogView;
  readonly rows: readonly LogRow[];
  readonly isNew: (id: string) => boolean;
  /** Called with the id of the row that the user opens. */
  readonly onOpen: (id: string) => void;
}) {
  return (
    <Table
      caption={view === 'messages' ? 'Messages, newest first' : 'Events, newest first'}
      columns={narrow.value ? NARROW_COLUMNS[view] : COLUMNS[view]}
      kind="log"
    >
      {rows.map((row) => (
        <Row key={row.id} row={row} isNew={isNew(row.id)} onOpen={onOpen} />
      ))}
    </Table>
  );
}
