import type { EventName } from '../../lambdas/core/events.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { isMessageStatus, parseStatuses } from './log-status.ts';
import { statusLabel } from './status.ts';

/** Time ranges that end now. The query parameter `last` of the page URL names one. */
export const LOG_TIME_RANGES = {
  '1h': { name: 'Last hour', ms: 3_600_000 },
  '24h': { name: 'Last 24 hours', ms: 86_400_000 },
  '7d': { name: 'Last 7 days', ms: 7 * 86_400_000 },
  '30d': { name: 'Last 30 days', ms: 30 * 86_400_000 },
} as const;

export function isLogTimeRange(name: string): name is keyof typeof LOG_TIME_RANGES {
  return Object.hasOwn(LOG_TIME_RANGES, name);
}

/** `messages` has one row per message and recipient. `events` has one row per event. */
export type LogView = 'messages' | 'events';

/** Parameters of the page URL that filter the list. `type`, `to` and `message_id` occur in links of earlier versions. */
const FILTERS = [
  'q',
  'status',
  'type',
  'to',
  'message_id',
  'from',
  'tag',
  'last',
  'after',
  'before',
] as const;

export type LogQuery = Readonly<
  Partial<
    Record<'status' | 'to' | 'message_id' | 'q' | 'from' | 'tag' | 'after' | 'before' | 'cursor', string>
  >
>;

/** The view of a page URL. A filter that only events have opens the events. */
export function viewOf(search: URLSearchParams): LogView {
  const view = search.get('view');
  if (view === 'messages' || view === 'events') return view;
  const statuses = parseStatuses(search.get('status'), search.get('type'));
  return search.has('type') || !statuses.every(isMessageStatus) ? 'events' : 'messages';
}

/** The selected statuses. In the messages view, only statuses that a message can have. */
export function statusesOf(search: URLSearchParams): readonly EventName[] {
  const statuses = parseStatuses(search.get('status'), search.get('type'));
  return viewOf(search) === 'events' ? statuses : statuses.filter(isMessageStatus);
}

function trimmed(search: URLSearchParams, name: string): string {
  return search.get(name)?.trim() ?? '';
}

/** The text of the search box. */
export function searchTextOf(search: URLSearchParams): string {
  return trimmed(search, 'q') || trimmed(search, 'message_id') || trimmed(search, 'to');
}

/** The search for a domain that the user probably meant: a domain without `@` finds only subjects. */
export function domainSearchFor(text: string): string | undefined {
  return /^[^\s@.]+(?:\.[^\s@.]+)*\.[a-z][a-z\d-]+$/i.test(text) ? `@${text}` : undefined;
}

export function hasFilters(search: URLSearchParams): boolean {
  return FILTERS.some((name) => trimmed(search, name) !== '');
}

/** How many filters are set, without the search box. */
export function countFilters(search: URLSearchParams): number {
  const hasTime = ['last', 'after', 'before'].some((name) => trimmed(search, name) !== '');
  return [statusesOf(search).length > 0, trimmed(search, 'from'), trimmed(search, 'tag'), hasTime].filter(
    Boolean,
  ).length;
}

/**
 * Changes filters of the page URL. The view stays the same. The cursor is removed, because it is only valid for the
 * filters of its page.
 */
export function changeFilters(
  search: URLSearchParams,
  changes: Readonly<Partial<Record<(typeof FILTERS)[number], string | undefined>>>,
): URLSearchParams {
  const next = new URLSearchParams(search);
  next.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  return withView(next, viewOf(search));
}

/** Changes the view and keeps the filters that the other view also has. */
export function withView(search: URLSearchParams, view: LogView): URLSearchParams {
  const next = new URLSearchParams(search);
  next.delete('view');
  next.delete('cursor');
  const statuses = parseStatuses(next.get('status'), next.get('type'));
  if (view === 'messages' && next.has('type')) {
    next.delete('type');
    next.set('status', statuses.join(','));
  }
  if (view === 'messages' && !statuses.every(isMessageStatus)) {
    const kept = statuses.filter(isMessageStatus).join(',');
    if (kept === '') next.delete('status');
    else next.set('status', kept);
  }
  if (viewOf(next) !== view) next.set('view', view);
  return next;
}

/** Removes all filters. The view stays the same. */
export function clearFilters(search: URLSearchParams): URLSearchParams {
  return withView(new URLSearchParams(), viewOf(search));
}

/** Whether a text is a whole address, as the parameter `to` of the API requires. */
function isWholeAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text);
}

/** Converts the query of the page URL to the query of GET /v1/messages or GET /v1/send/logs, by view. */
export function toLogQuery(search: URLSearchParams, nowMs: number): LogQuery {
  const query: Partial<Record<keyof LogQuery, string>> = {};
  const statuses = statusesOf(search);
  if (statuses.length > 0) query.status = statuses.join(',');
  for (const name of ['to', 'message_id', 'q', 'from', 'tag', 'after', 'before', 'cursor'] as const) {
    const value = trimmed(search, name);
    if (value !== '') query[name] = value;
  }
  // GET /v1/messages has no parameter for a message ID. Its text search finds message IDs.
  if (query.message_id !== undefined && viewOf(search) === 'messages') {
    query.q = query.message_id;
    delete query.message_id;
  }
  // The API accepts only whole addresses. The text search also finds parts of addresses.
  if (query.to !== undefined && !isWholeAddress(query.to)) {
    query.q ??= query.to;
    delete query.to;
  }
  const last = search.get('last') ?? '';
  if (isLogTimeRange(last)) {
    delete query.before;
    const afterMs = Math.floor((nowMs - LOG_TIME_RANGES[last].ms) / 60_000) * 60_000;
    query.after = formatTimestamp(afterMs);
  }
  return query;
}

/**
 * Whether the API may have to read many rows for this query. The page repeats such a query less often, because each
 * repetition can cost as much as the first one.
 */
export function isSlowQuery({ q, from, tag, status }: LogQuery, view: LogView): boolean {
  // Every status has events of its own, except `sent`: it means that nothing else happened.
  const walksStatuses = view === 'messages' && status !== undefined && status.split(',').includes('sent');
  return [q, from, tag].some((value) => value !== undefined) || walksStatuses;
}

/** What the filters search for, in words: `“grace” · bounced, soft bounced · from app@example.com · last 24 hours`. */
export function describeFilters(search: URLSearchParams, formatTime: (iso: string) => string): string {
  const text = searchTextOf(search);
  const [from, tag] = [trimmed(search, 'from'), trimmed(search, 'tag')];
  const [after, before, last] = [
    trimmed(search, 'after'),
    trimmed(search, 'before'),
    trimmed(search, 'last'),
  ];
  return [
    text && `“${text}”`,
    statusesOf(search)
      .map((status) => statusLabel(status).toLowerCase())
      .join(', '),
    from && `from ${from}`,
    tag && `tag ${tag}`,
    isLogTimeRange(last)
      ? LOG_TIME_RANGES[last].name.toLowerCase()
      : [after && `since ${formatTime(after)}`, before && `until ${formatTime(before)}`]
          .filter(Boolean)
          .join(' '),
  ]
    .filter(Boolean)
    .join(' · ');
}
