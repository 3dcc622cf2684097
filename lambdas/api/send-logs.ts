import { EVENT_NAMES, LOG_TYPE_OF, type EmailEvent, type EventName } from '../core/events.ts';
import { timelinesOf, type RecipientTimeline } from '../core/message-status.ts';
import { pairsToJson } from '../core/tags.ts';
import { listEvents } from '../store/events.ts';
import { getTimeline, type RawEvent } from '../store/timeline.ts';
import type { Page } from '../store/pages.ts';
import { ReadMeter } from '../store/read-meter.ts';
import { toDeliveryJson } from './deliveries.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, notFound } from './errors.ts';
import { CSV_TYPE, NDJSON_TYPE, exportPage, formatOf } from './export.ts';
import { toLogEntry } from './log-entry.ts';
import { refuseUnlikelyAddress } from './not-stored.ts';
import { cursorScope, positionOf, toList, type List } from './pages.ts';
import { route, type RouteResponse } from './route.ts';
import { searchedListOf } from './schemas/search.ts';
import {
  EXPORT_LIMIT,
  PAGE_LIMIT,
  exportQuery,
  logEntryJson,
  logsQuery,
  messageIdParam,
  timelineJson,
  timelineQuery,
  type LogFilters,
} from './schemas/send-logs.ts';
import { SEARCH_BUDGET, planSearch, searchedUntil, withPlan } from './search.ts';
import { refuseEmptyRange } from './time-range.ts';

type LogType = (typeof LOG_TYPE_OF)[EventName];

/** The events that match both filters. Undefined means all events. */
function matchingEvents(
  type: LogType | undefined,
  statuses: readonly EventName[] | undefined,
): readonly EventName[] | undefined {
  if (statuses === undefined && type === undefined) return undefined;
  const names = (statuses ?? EVENT_NAMES).filter((name) => type === undefined || LOG_TYPE_OF[name] === type);
  if (names.length > 0) return names;
  throw new ApiError(
    'conflicting_filters',
    `No event has both the status ${statuses?.join(' or ')} and the type ${type}`,
    { field: 'status' },
  );
}

const LOGS_PATH = '/v1/send/logs';
const EXPORT_PATH = `${LOGS_PATH}/export`;

function limitOf(
  requested: number | undefined,
  { max, standard }: typeof PAGE_LIMIT | typeof EXPORT_LIMIT,
): number {
  if (requested === undefined) return standard;
  if (requested <= max) return requested;
  throw new ApiError('invalid_parameter', `must be a whole number from 1 to ${max}`, { field: 'limit' });
}

/** Headers with the cursor and the link of the next page. The link has only the query, so it works under any stage and domain. */
function nextPage(query: Readonly<Record<string, unknown>>, cursor: string | null): Record<string, string> {
  if (cursor === null) return {};
  const parameters = Object.entries({ ...query, cursor })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, `${value as string | number}`]);
  return { 'x-next-cursor': cursor, link: `<?${new URLSearchParams(parameters).toString()}>; rel="next"` };
}

interface LogPage {
  readonly page: Page<EmailEvent>;
  readonly listed: List<unknown> & { readonly searched_until: string | null };
}

/** Reads one page of the log, newest first. A cursor is valid only for the path and the filters that it was made for. */
async function readLogs(
  deps: ApiDeps,
  {
    workspaceId,
    path,
    query,
    limit,
  }: { workspaceId: string; path: string; query: LogFilters; limit: number },
): Promise<LogPage> {
  const { type, status, to, after, before, cursor } = query;
  refuseEmptyRange(query);
  const names = matchingEvents(type, status);
  const scope = cursorScope(workspaceId, path, query);
  const position = await positionOf(deps, scope, cursor);
  const plan = await planSearch(deps, { workspaceId, ...query }, position);
  const { messageId, to: recipient, matches } = plan;
  const page = await listEvents(deps.table, {
    workspaceId,
    ...(names && { events: names }),
    ...(messageId !== undefined && { messageId }),
    ...(recipient !== undefined && { to: recipient }),
    ...(matches && { search: { matches, meter: new ReadMeter(SEARCH_BUDGET, deps.now) } }),
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    limit,
    ...(plan.position && { position: plan.position }),
  });
  if (page.items.length === 0 && !page.next) refuseUnlikelyAddress('to', to);
  const listed = await toList(deps, scope, { page: withPlan(page, plan), toJson: toLogEntry });
  return { page, listed: { ...listed, searched_until: searchedUntil(page, { limit, position }) } };
}

const list = route({
  method: 'GET',
  path: LOGS_PATH,
  operationId: 'listLogs',
  scope: 'read',
  summary: 'List log entries',
  description:
    'Returns what happened to each email for each recipient, newest first. All filters can be combined. `q`, `from` and `tag` can search through a long log: if a response has `searched_until`, `next_cursor` continues the search. To export all entries to a file, use `GET /v1/send/logs/export`.',
  query: logsQuery,
  responses: { 200: searchedListOf(logEntryJson) },
  errors: ['invalid_cursor', 'conflicting_filters'],
  async handle(deps, { caller, query, headers }): Promise<RouteResponse> {
    const { workspaceId } = caller;
    // Before the export route existed, clients chose an export format with the Accept header. That still works, but the OpenAPI document does not mention it.
    const format = formatOf(headers['accept']);
    const limit = limitOf(query.limit, format === 'json' ? PAGE_LIMIT : EXPORT_LIMIT);
    const { page, listed } = await readLogs(deps, { workspaceId, path: LOGS_PATH, query, limit });
    if (format === 'json') return { status: 200, body: listed };
    const exported = exportPage(page.items, { format, first: query.cursor === undefined });
    return {
      status: 200,
      ...exported,
      headers: { ...exported.headers, ...nextPage({ ...query, limit }, listed.next_cursor) },
    };
  },
});

const exportLogs = route({
  method: 'GET',
  path: EXPORT_PATH,
  operationId: 'exportLogs',
  scope: 'read',
  summary: 'Export log entries',
  description:
    'Returns the entries of the log as CSV or NDJSON, newest first, up to 1000 per page. The filters are those of `GET /v1/send/logs`. If there is another page, the header `x-next-cursor` contains its cursor, and the header `Link` its URL. To get one file, append the pages in the order in which you receive them.',
  query: exportQuery,
  responses: { 200: null },
  media: [CSV_TYPE, NDJSON_TYPE],
  errors: ['invalid_cursor', 'conflicting_filters'],
  async handle(deps, { caller, query }): Promise<RouteResponse> {
    const { format } = query;
    const limit = limitOf(query.limit, EXPORT_LIMIT);
    const { workspaceId } = caller;
    const { page, listed } = await readLogs(deps, { workspaceId, path: EXPORT_PATH, query, limit });
    const exported = exportPage(page.items, { format, first: query.cursor === undefined });
    return {
      status: 200,
      ...exported,
      headers: { ...exported.headers, ...nextPage({ ...query, limit }, listed.next_cursor) },
    };
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

/** The maximum size of the raw events in a response, in bytes. Lambda allows 6 MB for the response. The rest is for events and deliveries. */
const MAX_RAW_BYTES = 3_000_000;

function withinResponseLimit(raw: readonly RawEvent[]): readonly RawEvent[] {
  let bytes = 0;
  return raw.filter(({ text }) => {
    // Lambda encodes the response as JSON again, and each quotation mark then takes two bytes.
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
    'Returns everything known about one message: the current status for each recipient, its events, and its webhook deliveries. With `raw=true` it also returns the events as Amazon SES published them. A timeline contains at most the 500 oldest and the 100 newest events. If `truncated` is true, list all events with `GET /v1/send/logs?message_id=`.',
  params: { message_id: messageIdParam },
  query: timelineQuery,
  responses: { 200: timelineJson },
  async handle(deps, { caller, params, query }) {
    const { workspaceId } = caller;
    const messageId = params['message_id'] ?? '';
    const stored = await getTimeline(deps.table, {
      workspaceId,
      messageId,
      raw: query.raw,
      nowMs: deps.now(),
    });
    const [first] = stored.events;
    if (!first) throw notFound();
    const raw = withinResponseLimit(stored.raw);
    return {
      status: 200,
      body: {
        message_id: messageId,
        workspace_id: workspaceId,
        from: first.from,
        subject: first.subject ?? null,
        ...(first.tags && { tags: pairsToJson(first.tags) }),
        recipients: timelinesOf(stored.events).map(toRecipientJson),
        deliveries: stored.deliveries.map(toDeliveryJson),
        truncated: stored.truncated || raw.length < stored.raw.length,
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

export const logRoutes = [list, exportLogs, timeline];
