import { EVENT_NAMES, LOG_TYPE_OF, LOG_TYPES, type EventName } from '../lambdas/core/events.ts';
import { deterministicId } from '../lambdas/core/ids.ts';
import { eventRows } from '../lambdas/store/event-rows.ts';
import { listEvents, type EventQuery } from '../lambdas/store/events.ts';
import type { Row } from '../lambdas/store/table.ts';
import { anEvent } from '../sim/builders/events.ts';
import { readOnlyTable } from '../sim/read-only-table.ts';
import type { Figure } from './figure.ts';

const PAGE = 50;
export const MANY = 100_000;
const FEW = 1_000;
export const WORKSPACE = deterministicId('ws', ['bench']);
const START_MS = Date.parse('2026-02-25T12:00:00Z');
const RECIPIENT = 'recipient.number.7@customers.example.com';
const names = (test: (name: EventName) => boolean): readonly EventName[] => EVENT_NAMES.filter(test);

/** Every combination of filters of the log, except a message: the partition of a message does not grow with other emails. */
const QUERIES: readonly (readonly [string, Omit<EventQuery, 'workspaceId' | 'limit'>, number])[] = [
  ['no filter', {}, 12],
  ...LOG_TYPES.map(
    (type) => [`type=${type}`, { events: names((name) => LOG_TYPE_OF[name] === type) }, 12] as const,
  ),
  ...EVENT_NAMES.map((name) => [`status=${name}`, { events: [name] }, 5] as const),
  ['to', { to: RECIPIENT }, 5],
  ['to, status', { to: RECIPIENT, events: ['delivered'] }, 5],
  ['to, type', { to: RECIPIENT, events: names((name) => LOG_TYPE_OF[name] === 'send') }, 5],
  ['after, before', { after: '2026-02-25T11:40:00Z', before: '2026-02-25T11:59:00Z' }, 12],
  ['status, after', { events: ['delivered'], after: '2026-02-25T11:30:00Z' }, 5],
];

/** Rows of the log of one workspace, one second apart. */
export function rowsOf(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, index) =>
    eventRows(
      [
        anEvent({
          event_id: deterministicId('evt', [String(index)]),
          message_id: `0100019c${String(index).padStart(8, '0')}-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000`,
          workspace_id: WORKSPACE,
          event: EVENT_NAMES[index % EVENT_NAMES.length] ?? 'sent',
          // The recipient of the queries has more events than a page, in both sizes of the table.
          to: index % 8 === 7 ? RECIPIENT : `recipient.number.${index % 500}@customers.example.com`,
          subject: `Your order ${index % 1_000} is on its way`,
          timestamp: new Date(START_MS - index * 1000).toISOString(),
        }),
      ],
      { retentionDays: 90, receivedAtMs: START_MS },
    ),
  ).flat();
}

/** The read units of a page of 50 for each query, at 1,000 and at 100,000 rows, and the highest ratio of the two. */
export async function readCost(): Promise<readonly Figure[]> {
  const [few, many] = [readOnlyTable(rowsOf(FEW)), readOnlyTable(rowsOf(MANY))];
  const figures: Figure[] = [];
  let worst = 0;
  for (const [name, query, ceiling] of QUERIES) {
    const used: number[] = [];
    for (const table of [few, many]) {
      await listEvents(table, { workspaceId: WORKSPACE, limit: PAGE, ...query });
      used.push(table.units());
    }
    const [atFew = Number.NaN, atMany = Number.NaN] = used;
    worst = Math.max(worst, atMany / atFew);
    figures.push({
      name: `a page of 50 of ${MANY} rows: ${name}`,
      value: atMany,
      goal: ceiling,
      unit: 'RRU',
      how: `${atFew} at ${FEW} rows; computed from the returned items by DynamoDB’s rule`,
    });
  }
  const ratio = {
    name: `a page of 50: the highest ratio of units at ${MANY} rows to units at ${FEW} rows`,
    value: worst,
    goal: 1.05,
    unit: '×',
    how: `the worst of ${QUERIES.length} combinations of filters`,
  };
  return [...figures, ratio];
}
