import { EVENT_NAMES, LOG_TYPE_OF, type EventName } from '../core/events.ts';
import { timelinesOf, type RecipientTimeline } from '../core/message-status.ts';
import { pairsToJson } from '../core/tags.ts';
import { listEvents } from '../store/events.ts';
import { getTimeline, type RawEvent } from '../store/timeline.ts';
import { toDeliveryJson } from './deliveries.ts';
import { ApiError, notFound } from './errors.ts';
import { CSV_TYPE, NDJSON_TYPE, formatOf, toCsv, toNdjson, type ListFormat } from './export.ts';
import { toLogEntry } from './log-entry.ts';
import { refuseUnlikelyAddress } from './not-stored.ts';
import { cursorScope, positionOf, toList, type List } from './pages.ts';
import { route, type RouteAnswer } from './route.ts';
import { listOf } from './schemas/common.ts';
import { logEntryJson, logsQuery, messageIdParam, timelineJson, timelineQuery } from './schemas/send-logs.ts';

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

/** What a page has at the most, and without `limit`. */
const LIMITS: Readonly<Record<ListFormat, { readonly most: number; readonly usual: number }>> = {
  json: { most: 100, usual: 20 },
  csv: { most: 1_000, usual: 1_000 },
  ndjson: { most: 1_000, usual: 1_000 },
};

function limitOf(format: ListFormat, asked: number | undefined): number {
  const { most, usual } = LIMITS[format];
  if (asked === undefined) return usual;
  if (asked <= most) return asked;
  throw new ApiError('invalid_parameter', `must be a whole number from 1 to ${most}`, { field: 'limit' });
}

/** Where the next page is: a link that is good below any stage or domain. */
function nextPage(query: Readonly<Record<string, unknown>>, cursor: string | null): Record<string, string> {
  if (cursor === null) return {};
  const parameters = Object.entries({ ...query, cursor })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, `${value as string | number}`]);
  return { 'x-next-cursor': cursor, link: `<?${new URLSearchParams(parameters).toString()}>; rel="next"` };
}

const list = route({
  method: 'GET',
  path: LOGS_PATH,
  operationId: 'listLogs',
  scope: 'read',
  summary: 'List log entries',
  description:
    'Returns what happened to each email for each recipient, newest first. All filters can be combined.',
  query: logsQuery,
  answers: { 200: listOf(logEntryJson) },
  errors: ['invalid_cursor', 'conflicting_filters'],
  async handle(deps, { caller, query, headers }): Promise<RouteAnswer> {
    const { type, status, message_id: messageId, to, after, before, cursor } = query;
    if (after !== undefined && before !== undefined && Date.parse(after) >= Date.parse(before)) {
      throw new ApiError('conflicting_filters', 'after must be earlier than before', { field: 'after' });
    }
    const format = formatOf(headers['accept']);
    const limit = limitOf(format, query.limit);
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
    if (page.items.length === 0 && !page.next) refuseUnlikelyAddress('to', to);
    const listed: List<unknown> = await toList(deps, scope, { page, toJson: toLogEntry });
    if (format === 'json') return { status: 200, body: listed };
    const text =
      format === 'csv'
        ? { type: CSV_TYPE, content: toCsv(page.items, { withNames: cursor === undefined }) }
        : { type: NDJSON_TYPE, content: toNdjson(page.items) };
    return { status: 200, text, headers: nextPage({ ...query, limit }, listed.next_cursor) };
  },
});

function toRecipientJson({ to, status, statusAt, events }: RecipientTimeline): Record<string, unknown> {
  return {
    to: to ?? null,
    status: status ?? null,
    status_at: statusAt ?? null,
    events: events.map(toLogEntry),
  };
}

/** Of the 6 MB that Lambda answers with at the most; the rest is for events and deliveries, which readPage bounds. */
const MAX_RAW_BYTES = 3_000_000;

function withinAnswer(raw: readonly RawEvent[]): readonly RawEvent[] {
  let bytes = 0;
  return raw.filter(({ text }) => {
    // Lambda puts the answer into JSON once more, where each quotation mark is two bytes.
    bytes += Buffer.byteLength(JSON.stringify(text));
    return bytes <= MAX_RAW_BYTES;
  });
}

const timeline = route({
  method: 'GET',
  path: `${LOGS_PATH}/{message_id}`,
  operationId: 'getMessage',
  scope: 'read',
  summary: 'Get the timeline of a message',
  description:
    'Returns everything known about one message: the current status for each recipient, its events, and its webhook deliveries. With `raw=true` it also returns the events as Amazon SES published them. A timeline has at most 500 events. If `truncated` is true there are more: list them with `GET /v1/send/logs?message_id=`.',
  params: { message_id: messageIdParam },
  query: timelineQuery,
  answers: { 200: timelineJson },
  async handle(deps, { caller, params, query }) {
    const { workspaceId } = caller;
    const messageId = params['message_id'] ?? '';
    const found = await getTimeline(deps.table, { workspaceId, messageId, raw: query.raw });
    const [first] = found.events;
    if (!first) throw notFound();
    const raw = withinAnswer(found.raw);
    return {
      status: 200,
      body: {
        message_id: messageId,
        workspace_id: workspaceId,
        from: first.from,
        subject: first.subject ?? null,
        ...(first.tags && { tags: pairsToJson(first.tags) }),
        recipients: timelinesOf(found.events).map(toRecipientJson),
        deliveries: found.deliveries.map(toDeliveryJson),
        truncated: found.truncated || raw.length < found.raw.length,
        ...(query.raw && {
          raw_events: raw.map(({ eventIds, text }) => ({
            event_ids: eventIds,
            raw: JSON.parse(text) as unknown,
          })),
        }),
      },
    };
  },
});

export const logRoutes = [list, timeline];
