/** The suppression list of a workspace, by address or by time, and its length (docs/adr/0035-suppressions-by-time.md). */
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { addressForms, domainStart } from '../core/addresses.ts';
import { SUPPRESSION_REASONS, type SuppressionReason } from '../core/events.ts';
import { sortableTimestamp } from '../core/timestamps.ts';
import { getRows } from './get-rows.ts';
import {
  suppressionPartition,
  suppressionTimeKey,
  suppressionTimesPartitions,
  timedSuppressionKey,
} from './keys.ts';
import { readPage, sortKeyBounds, type Page, type PageRequest, type Position } from './pages.ts';
import { toSuppression, type Suppression, type SuppressionRow } from './suppressions.ts';
import type { Row, Table } from './table.ts';

export interface SuppressionFilters {
  readonly workspaceId: string;
  readonly reason?: SuppressionReason | undefined;
  /** RFC 3339, inclusive. */
  readonly after?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly before?: string | undefined;
  /** The beginning of the addresses, in any case. Absent for all addresses. */
  readonly prefix?: string | undefined;
}

export interface SuppressionsQuery extends SuppressionFilters {
  readonly limit: number;
  readonly position?: Position | undefined;
}

/** Whether a suppression has the reason and the time of the query. */
export function matchesFilters(
  suppression: Pick<Suppression, 'reason' | 'created_at'>,
  { reason, after, before }: Pick<SuppressionFilters, 'reason' | 'after' | 'before'>,
): boolean {
  const createdMs = Date.parse(suppression.created_at);
  return (
    (reason === undefined || suppression.reason === reason) &&
    (after === undefined || createdMs >= Date.parse(after)) &&
    (before === undefined || createdMs < Date.parse(before))
  );
}

/** The part of a page request that selects rows. */
type Selection = Pick<PageRequest, 'partitions' | 'prefix' | 'from' | 'until' | 'filter' | 'rowsPerBlock'>;

/**
 * The part of a page request that selects the addresses with a prefix. A part of a Unicode domain has no punycode form, and a
 * part of a punycode domain has no Unicode form. So for a prefix with a part of such a domain, all addresses with the local
 * part of the prefix are read. Each form of each address is then compared with the prefix.
 */
function prefixSelection(prefix: string): Pick<PageRequest, 'prefix' | 'filter'> {
  const start = domainStart(prefix);
  if (start === 0 || !/[^\u0000-\u007f]|(?:^|\.)xn--/.test(prefix.slice(start))) return { prefix };
  return {
    prefix: prefix.slice(0, start),
    filter: (row) => addressForms(row['address'] as string).some((form) => form.startsWith(prefix)),
  };
}

/** DynamoDB does not accept an empty key, not even as a bound. */
const LOWEST_KEY = '\u0000';

function addressSelection(query: SuppressionFilters): Selection {
  const { prefix, filter: hasPrefix } = prefixSelection((query.prefix ?? '').toLowerCase());
  const isFiltered = [query.reason, query.after, query.before].some((each) => each !== undefined);
  const filter = (row: Row): boolean =>
    matchesFilters(toSuppression(row), query) && (hasPrefix?.(row) ?? true);
  return {
    partitions: [{ pk: suppressionPartition(query.workspaceId) }],
    prefix,
    ...((isFiltered || hasPrefix) && { filter }),
    ...(prefix === '' && { from: LOWEST_KEY }),
  };
}

/** A time row has about 130 bytes, and a block has 4 KB. */
const TIME_ROWS_PER_BLOCK = 30;

function timeSelection({ workspaceId, reason, after, before }: SuppressionFilters): Selection {
  const reasons = reason === undefined ? SUPPRESSION_REASONS : [reason];
  return {
    partitions: reasons.flatMap((each) =>
      suppressionTimesPartitions(workspaceId, each).map((pk) => ({ pk })),
    ),
    prefix: '',
    from: after === undefined ? LOWEST_KEY : sortableTimestamp(after),
    ...(before !== undefined && { until: sortableTimestamp(before) }),
    rowsPerBlock: TIME_ROWS_PER_BLOCK,
  };
}

/** A page of the list, by address. A page with a filter may be short although a next page exists. */
export async function listByAddress(table: Table, query: SuppressionsQuery): Promise<Page<Suppression>> {
  const page = await readPage(table, {
    ...addressSelection(query),
    ascending: true,
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  return { ...page, items: page.items.map(toSuppression) };
}

/**
 * A page of the list, newest first. The function reads the suppression of each time row. A time row without its suppression
 * is left out, so a page may be short. The API function of version 0.1.0 leaves such a row behind if it removes a suppression
 * while a stack is updated.
 */
export async function listByTime(
  table: Table,
  query: Omit<SuppressionsQuery, 'prefix'>,
): Promise<Page<Suppression>> {
  const page = await readPage(table, {
    ...timeSelection(query),
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  const keys = page.items.map((timeRow) => timedSuppressionKey(query.workspaceId, timeRow));
  const rows = (await getRows(table, keys)) as readonly SuppressionRow[];
  const byTime = new Map(rows.map((row) => [idOf(suppressionTimeKey(row, row)), row]));
  const found = page.items.flatMap((timeRow) => byTime.get(idOf(timeRow)) ?? []);
  return { ...page, items: found.map(toSuppression) };
}

function idOf({ pk, sk }: Pick<Row, 'pk' | 'sk'>): string {
  return `${pk}\n${sk}`;
}

export interface SuppressionCount {
  readonly count: number;
  /** False if counting stopped at its budget. There are then at least `count` suppressions. */
  readonly exact: boolean;
}

/** Rows that one read counts. They cost at most 40 read units, so the budget is exceeded by at most that. */
const ROWS_PER_COUNT = 1_000;

/** Counts the suppressions that a list returns on all its pages. Stops when it has used its budget of read units. */
export async function countSuppressions(
  table: Table,
  query: SuppressionFilters & { readonly by: 'address' | 'time' },
  maxReadUnits: number,
): Promise<SuppressionCount> {
  const { partitions, filter, ...range } =
    query.by === 'time' ? timeSelection(query) : addressSelection(query);
  const { low, high } = sortKeyBounds({ ...range, partitions, limit: ROWS_PER_COUNT });
  let units = 0;
  let count = 0;
  for (const { pk } of partitions) {
    let startKey: Record<string, unknown> | undefined;
    do {
      if (units >= maxReadUnits) return { count, exact: false };
      // Sequential: the cost of this read decides whether there is another read.
      const response = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :low AND :high',
          ExpressionAttributeValues: { ':pk': pk, ':low': low, ':high': high },
          ...(!filter && { Select: 'COUNT' }),
          Limit: ROWS_PER_COUNT,
          ReturnConsumedCapacity: 'TOTAL',
          ...(startKey && { ExclusiveStartKey: startKey }),
        }),
      );
      units += response.ConsumedCapacity?.CapacityUnits ?? 0;
      count += filter ? ((response.Items ?? []) as Row[]).filter(filter).length : (response.Count ?? 0);
      startKey = response.LastEvaluatedKey;
    } while (startKey);
  }
  return { count, exact: true };
}
