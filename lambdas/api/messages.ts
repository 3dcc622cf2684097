import type { MessageSummary } from '../core/message-summary.ts';
import { pairsToJson } from '../core/tags.ts';
import { listMessages } from '../store/messages.ts';
import { ReadMeter } from '../store/read-meter.ts';
import { refuseUnlikelyAddress } from './not-stored.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { route } from './route.ts';
import { messageJson, messagesQuery } from './schemas/messages.ts';
import { searchedListOf } from './schemas/search.ts';
import { SEARCH_BUDGET, planSearch, searchedUntil, withPlan } from './search.ts';
import { refuseEmptyRange } from './time-range.ts';

const PATH = '/v1/messages';

/**
 * The read units of a page that keys answer: one for the events of each message, and 10 for the rows of the list. A page of 50 then
 * costs at most 60 read units, at any size of the table.
 */
const UNITS_OF_LIST = 10;

function toMessageJson(message: MessageSummary): Record<string, unknown> {
  const { details } = message;
  return {
    message_id: message.message_id,
    to: message.to ?? null,
    from: message.from,
    subject: message.subject ?? null,
    status: message.status,
    status_at: message.status_at,
    created_at: message.created_at,
    ...(message.tags && { tags: pairsToJson(message.tags) }),
    ...(Object.keys(details).length > 0 && { error: details }),
    partial: message.partial,
    workspace_id: message.workspace_id,
  };
}

export const messages = route({
  method: 'GET',
  path: PATH,
  operationId: 'listMessages',
  scope: 'read',
  summary: 'List messages',
  description:
    'Returns one entry for each message and recipient, with its current status, newest first. Without `status`, the order and the time range are those of `created_at`. With `status`, they are those of `status_at`, unless the statuses include `sent`. All filters can be combined. `q`, `from` and `tag` can search through a long log: if a response has `searched_until`, `next_cursor` continues the search.',
  query: messagesQuery,
  responses: { 200: searchedListOf(messageJson) },
  errors: ['invalid_cursor', 'conflicting_filters'],
  async handle(deps, { caller, query }) {
    const { workspaceId } = caller;
    const { status: statuses, to, after, before, limit, cursor } = query;
    refuseEmptyRange(query);
    const scope = cursorScope(workspaceId, PATH, query);
    const position = await positionOf(deps, scope, cursor);
    const plan = await planSearch(deps, { workspaceId, ...query }, position);
    const { messageId, to: recipient, matches } = plan;
    const isSearch = matches !== undefined || statuses !== undefined;
    const budget = isSearch ? SEARCH_BUDGET : { ...SEARCH_BUDGET, units: UNITS_OF_LIST + limit };
    const page = await listMessages(deps.table, {
      workspaceId,
      ...(statuses && { statuses }),
      ...(messageId !== undefined && { messageId }),
      ...(recipient !== undefined && { to: recipient }),
      ...(matches && { matches }),
      ...(after !== undefined && { after }),
      ...(before !== undefined && { before }),
      limit,
      ...(plan.position && { position: plan.position }),
      meter: new ReadMeter(budget, deps.now),
    });
    if (page.items.length === 0 && !page.next) refuseUnlikelyAddress('to', to);
    const list = await toList(deps, scope, { page: withPlan(page, plan), toJson: toMessageJson });
    return { status: 200, body: { ...list, searched_until: searchedUntil(page, { limit, position }) } };
  },
});
