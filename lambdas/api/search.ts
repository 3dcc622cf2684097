import { matcherOf, searchTermOf, type SearchTerm, type Searchable } from '../core/search-text.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { hasEvents } from '../store/events.ts';
import type { Page, Position } from '../store/pages.ts';
import type { ReadBudget } from '../store/read-meter.ts';
import type { ApiDeps } from './deps.ts';

/** What one request may read to search the log: $0.000125 and 5 seconds (docs/adr/0034-search.md). */
export const SEARCH_BUDGET: ReadBudget = { units: 1_000, milliseconds: 5_000 };

/** The filters of a list that can be searched. */
interface SearchQuery {
  readonly workspaceId: string;
  readonly message_id?: string | undefined;
  readonly to?: string | undefined;
  readonly q?: string | undefined;
  readonly from?: string | undefined;
  readonly tag?: string | undefined;
}

/** How a search reads the table. */
export interface SearchPlan {
  readonly messageId?: string;
  readonly to?: string;
  readonly position?: Position;
  /** Selects events by what no key contains. Undefined if keys answer the search. */
  readonly matches?: (event: Searchable) => boolean;
  /** The search text looks like a recipient, but no index has it. */
  readonly isFallback: boolean;
}

/** Marks the positions of a walk for a search text that looks like a recipient. Without it, a page could continue in the index. */
const WALK_MARK = 'walk ';

/**
 * Plans a search. Keys find a message id and a whole address. If the log has no event of the address, the text may be the
 * beginning of an address, so the search walks through the log like for any other text.
 */
export async function planSearch(
  deps: Pick<ApiDeps, 'table'>,
  { workspaceId, message_id: messageId, to, q, from, tag }: SearchQuery,
  position: Position | undefined,
): Promise<SearchPlan> {
  const term = q === undefined ? undefined : searchTermOf(q);
  const byKey = {
    ...(messageId !== undefined && { messageId }),
    ...(to !== undefined && { to }),
    ...(position && { position }),
    isFallback: false,
  };
  const matching = (rest?: SearchTerm) => {
    const matches = matcherOf({ term: rest, from, tag });
    return matches && { matches };
  };
  if (term?.kind === 'message' && messageId === undefined)
    return { ...byKey, messageId: term.messageId, ...matching() };
  if (term?.kind !== 'recipient' || messageId !== undefined || to !== undefined)
    return { ...byKey, ...matching(term) };
  const isIndexed = position
    ? !position.key.startsWith(WALK_MARK)
    : await hasEvents(deps.table, workspaceId, term.address);
  if (isIndexed) return { ...byKey, to: term.address, ...matching() };
  const key = position?.key.slice(WALK_MARK.length) ?? '';
  return {
    ...byKey,
    ...(position && { position: { ...position, key } }),
    isFallback: true,
    ...matching(term),
  };
}

/** The page with the positions that `planSearch` understands. */
export function withPlan<T>(page: Page<T>, { isFallback }: SearchPlan): Page<T> {
  if (!isFallback) return page;
  const marked = (position: Position | undefined) =>
    position && { ...position, key: WALK_MARK + position.key };
  const [next, prev] = [marked(page.next), marked(page.prev)];
  return { items: page.items, ...(next && { next }), ...(prev && { prev }) };
}

/** The sort key of an event: `E#2026-02-25T12:00:00.000Z#evt_…`. */
const TIME_OF_KEY = /^E#([^#]+)#/;

/**
 * The time down to which a search has looked: that of the last row that was read, if the page is not full and more rows follow. Null
 * otherwise, and for a previous page, which looks up.
 */
export function searchedUntil(
  { items, next }: Page<unknown>,
  { limit, position }: { readonly limit: number; readonly position?: Position | undefined },
): string | null {
  const time = next && TIME_OF_KEY.exec(next.key)?.[1];
  if (time === undefined || items.length >= limit || position?.direction === 'prev') return null;
  return formatTimestamp(Date.parse(time));
}
