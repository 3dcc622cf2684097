import { EVENT_NAMES, LOG_TYPE_OF, type EmailEvent, type EventName } from '../core/events.ts';
import { listEvents } from '../store/events.ts';
import { ApiError } from './errors.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { route } from './route.ts';
import { listOf } from './schemas/common.ts';
import { logEntryJson, logsQuery } from './schemas/send-logs.ts';

/** An EmailEvent as the log shows it. */
export function toLogEntry(event: EmailEvent): Record<string, unknown> {
  const type = LOG_TYPE_OF[event.event];
  // What an engagement says (address, browser) is no error; it is in the webhook and in the raw event.
  const hasError = type !== 'engagement' && Object.keys(event.details).length > 0;
  return {
    event_id: event.event_id,
    message_id: event.message_id,
    to: event.to ?? null,
    from: event.from,
    subject: event.subject ?? null,
    type,
    status: event.event,
    timestamp: event.timestamp,
    ...(hasError && { error: event.details }),
    ...(event.tags && { tags: event.tags }),
    workspace_id: event.workspace_id,
  };
}

type LogType = (typeof LOG_TYPE_OF)[EventName];

/** The event names two filters leave; undefined for all. */
function namesOf(type: LogType | undefined, status: EventName | undefined): readonly EventName[] | undefined {
  if (status === undefined && type === undefined) return undefined;
  const names = EVENT_NAMES.filter(
    (name) => (status === undefined || name === status) && (type === undefined || LOG_TYPE_OF[name] === type),
  );
  if (names.length > 0) return names;
  throw new ApiError('conflicting_filters', `No ${status} is of type ${type}`, { field: 'status' });
}

const LOGS_PATH = '/v1/send/logs';

export const listLogs = route({
  method: 'GET',
  path: LOGS_PATH,
  scope: 'read',
  summary: 'What happened to mails, newest first',
  query: logsQuery,
  answers: { 200: listOf(logEntryJson) },
  errors: ['invalid_cursor', 'conflicting_filters'],
  async handle(deps, { caller, query }) {
    const { type, status, message_id: messageId, to, after, before, limit, cursor } = query;
    if (after !== undefined && before !== undefined && Date.parse(after) >= Date.parse(before)) {
      throw new ApiError('conflicting_filters', 'after must be earlier than before', { field: 'after' });
    }
    const names = namesOf(type, status);
    const scope = cursorScope(caller.workspaceId, LOGS_PATH, query);
    const position = await positionOf(deps, scope, cursor);
    const page = await listEvents(deps.table, {
      workspaceId: caller.workspaceId,
      ...(names && { events: names }),
      ...(messageId !== undefined && { messageId }),
      ...(to !== undefined && { to }),
      ...(after !== undefined && { after }),
      ...(before !== undefined && { before }),
      limit,
      ...(position && { position }),
    });
    return { status: 200, body: await toList(deps, scope, { page, toJson: toLogEntry }) };
  },
});
