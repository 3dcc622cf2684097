import type * as z from 'zod/mini';
import { DEFAULT_WORKSPACE_ID } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import {
  countSuppressions,
  listByAddress,
  listByTime,
  matchesFilters,
  type SuppressionCount,
} from '../store/list-suppressions.ts';
import type { Page, Position } from '../store/pages.ts';
import { ensureTimeRows } from '../store/suppression-times.ts';
import {
  addSuppression,
  findSuppression,
  removeSuppression,
  type Suppression,
} from '../store/suppressions.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, notFound } from './errors.ts';
import { refuseUnencodedPlus, refuseUnlikelyAddress } from './not-stored.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import type { Caller } from './request.ts';
import { route } from './route.ts';
import { noQuery } from './schemas/common.ts';
import {
  addressParam,
  createSuppressionBody,
  removeAtPathQuery,
  removeSuppressionQuery,
  suppressionJson,
  suppressionListJson,
  suppressionsQuery,
} from './schemas/suppressions.ts';
import { removeFromSes } from './ses-suppressions.ts';
import { refuseEmptyRange } from './time-range.ts';

const PATH = '/v1/suppressions';

function toJson(suppression: Suppression): Record<string, unknown> {
  return {
    address: suppression.address,
    reason: suppression.reason,
    event_id: suppression.event_id ?? null,
    message_id: suppression.message_id ?? null,
    created_at: suppression.created_at,
  };
}

type ListQuery = z.output<typeof suppressionsQuery>;

/** The most that one count costs: $0.000125. */
const COUNT_READ_UNITS = 1_000;

function refuseConflicts({ address, prefix, order, ...range }: ListQuery): void {
  if (address !== undefined && prefix !== undefined)
    throw new ApiError('conflicting_filters', '`address` and `prefix` cannot be combined', {
      field: 'prefix',
    });
  if (prefix !== undefined && order === 'newest')
    throw new ApiError(
      'conflicting_filters',
      '`prefix` returns addresses in their order, not the newest first',
      {
        field: 'order',
      },
    );
  refuseEmptyRange(range);
}

interface Found {
  readonly page: Page<Suppression>;
  readonly total: SuppressionCount | undefined;
}

/** A list with at most one address. */
async function findOne(
  deps: ApiDeps,
  { workspaceId }: Caller,
  address: string,
  query: ListQuery,
): Promise<Found> {
  const suppression = await findSuppression(deps.table, workspaceId, address);
  const items = suppression && matchesFilters(suppression, query) ? [suppression] : [];
  return { page: { items }, total: query.total ? { count: items.length, exact: true } : undefined };
}

async function findPage(
  deps: ApiDeps,
  { workspaceId }: Caller,
  { query, position }: { readonly query: ListQuery; readonly position: Position | undefined },
): Promise<Found> {
  const { prefix, reason, after, before, limit } = query;
  const by = query.order === 'newest' ? 'time' : 'address';
  if (by === 'time' && !(await ensureTimeRows(deps.table, workspaceId, deps.now)))
    throw new ApiError(
      'unavailable',
      'The suppressions of the version before the update are still being sorted by time. Try again',
      { retryAfterSeconds: 1 },
    );
  const filters = { workspaceId, prefix, reason, after, before };
  const listPage = by === 'time' ? listByTime : listByAddress;
  const [page, total] = await Promise.all([
    listPage(deps.table, { ...filters, limit, position }),
    query.total ? countSuppressions(deps.table, { ...filters, by }, COUNT_READ_UNITS) : undefined,
  ]);
  return { page, total };
}

const list = route({
  method: 'GET',
  path: PATH,
  operationId: 'listSuppressions',
  scope: 'read',
  summary: 'List suppressed recipients',
  description:
    'Returns the suppression list of the workspace, ordered by address or newest first. `POST /v1/send` sends no email to a suppressed recipient. With `address`, the list contains at most that one recipient. The search ignores letter case, and a domain can be in Unicode or in punycode. In the order of addresses, a page with `reason`, `after` or `before` can contain fewer recipients than `limit` although there is a next page.',
  query: suppressionsQuery,
  responses: { 200: suppressionListJson },
  errors: ['invalid_cursor', 'conflicting_filters', 'unavailable'],
  async handle(deps, { caller, query }) {
    refuseConflicts(query);
    // A client counts once and then reads the pages, so a cursor is valid with and without `total`.
    const { total: _total, ...scoped } = query;
    const scope = cursorScope(caller.workspaceId, PATH, scoped);
    const position = await positionOf(deps, scope, query.cursor);
    const { page, total } =
      query.address === undefined
        ? await findPage(deps, caller, { query, position })
        : await findOne(deps, caller, query.address, query);
    if (page.items.length === 0 && !page.next) {
      refuseUnlikelyAddress('address', query.address);
      refuseUnencodedPlus('prefix', query.prefix);
    }
    const listed = await toList(deps, scope, { page, toJson });
    return { status: 200, body: { ...listed, ...(total && { total }) } };
  },
});

const create = route({
  method: 'POST',
  path: PATH,
  operationId: 'createSuppression',
  scope: 'admin',
  summary: 'Suppress a recipient',
  description:
    'Adds a recipient to the suppression list. A recipient that is already on the list is returned unchanged.',
  query: noQuery,
  body: createSuppressionBody,
  responses: { 201: suppressionJson },
  async handle(deps, { caller, body }) {
    const suppression = await addSuppression(deps.table, {
      workspace_id: caller.workspaceId,
      ...body,
      created_at: formatTimestamp(deps.now()),
    });
    return { status: 201, body: toJson(suppression) };
  },
});

const ONE_PATH = `${PATH}/{address}`;

const pathParams = { address: addressParam };

function addressOf(params: Readonly<Record<string, string>>): string {
  return params['address'] ?? '';
}

const get = route({
  method: 'GET',
  path: ONE_PATH,
  operationId: 'getSuppression',
  scope: 'read',
  summary: 'Get a suppressed recipient',
  description:
    'Returns why a recipient is suppressed, and since when. The status is 404 if the recipient is not suppressed.',
  params: pathParams,
  query: noQuery,
  responses: { 200: suppressionJson },
  async handle(deps, { caller, params }) {
    const suppression = await findSuppression(deps.table, caller.workspaceId, addressOf(params));
    if (!suppression) throw notFound();
    return { status: 200, body: toJson(suppression) };
  },
});

/** Removes an address from the list of the workspace and, with `ses`, from the list of the SES account. Returns whether a list contained it. */
async function removeAddress(
  deps: ApiDeps,
  { workspaceId }: Caller,
  { address, ses }: z.output<typeof removeSuppressionQuery>,
): Promise<boolean> {
  let wasInSes = false;
  if (ses) {
    // The list of SES belongs to the account. Removing an address from it allows every workspace to send to the address again.
    if (workspaceId !== DEFAULT_WORKSPACE_ID)
      throw new ApiError(
        'insufficient_scope',
        'Only a key of the default workspace can change the suppression list of Amazon SES',
        { field: 'ses' },
      );
    const listed = await findSuppression(deps.table, workspaceId, address);
    // SES comes first. If SES does not respond, our row stays, and a repeated request still finds the spelling of the address in it.
    wasInSes = await removeFromSes(deps, listed ? [address, listed.address] : [address]);
  }
  const wasListed = await removeSuppression(deps.table, workspaceId, address);
  return wasListed || wasInSes;
}

const REMOVES =
  'Removes a recipient from the suppression list, so that email is sent to the recipient again. With `ses=true` and a key of the default workspace, the recipient is also removed from the suppression list that Amazon SES keeps for the account.';

const remove = route({
  method: 'DELETE',
  path: PATH,
  operationId: 'deleteSuppressionByQuery',
  scope: 'admin',
  summary: 'Remove the recipient named in the query',
  description: `${REMOVES} Use this form for an address with a slash or a percent sign, which a proxy may decode in a path. Without \`address\` the status is 400 and nothing is removed.`,
  query: removeSuppressionQuery,
  responses: { 204: null },
  async handle(deps, { caller, query }) {
    if (await removeAddress(deps, caller, query)) return { status: 204 };
    refuseUnlikelyAddress('address', query.address);
    throw notFound();
  },
});

const removeAtPath = route({
  method: 'DELETE',
  path: ONE_PATH,
  operationId: 'deleteSuppression',
  scope: 'admin',
  summary: 'Remove a recipient from the suppression list',
  description: REMOVES,
  params: pathParams,
  query: removeAtPathQuery,
  responses: { 204: null },
  async handle(deps, { caller, params, query }) {
    if (await removeAddress(deps, caller, { address: addressOf(params), ses: query.ses }))
      return { status: 204 };
    throw notFound();
  },
});

export const suppressionRoutes = [list, create, remove, get, removeAtPath];
