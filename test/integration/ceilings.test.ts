/**
 * The cost of log queries and of storing a delivery, in DynamoDB capacity units. The queries run against 1,000 and 20,000
 * rows of a workspace that no other test uses.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { EVENT_NAMES, LOG_TYPE_OF, type EmailEvent, type EventName } from '../../lambdas/core/events.ts';
import { deterministicId, deliveryId } from '../../lambdas/core/ids.ts';
import { recordAttempt } from '../../lambdas/store/deliveries.ts';
import { settleDelivery } from '../../lambdas/store/delivery-settlement.ts';
import { claimAttempt } from '../../lambdas/store/delivery-claims.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { listEvents, type EventQuery } from '../../lambdas/store/events.ts';
import { listMessages } from '../../lambdas/store/messages.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { ReadMeter } from '../../lambdas/store/read-meter.ts';
import { getTimeline } from '../../lambdas/store/timeline.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { stack } from './client.ts';
import { meteredTable } from './metered-table.ts';

const table = meteredTable(stack.table_name, {
  endpoint: stack.aws_endpoint_url,
  region: stack.region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const PAGE = 50;
const NOW = Date.now();
const RETENTION = { retentionDays: 90, receivedAtMs: NOW };
/** A month of email: mostly delivered, and every other status at least once. */
const MIX: readonly EventName[] = [
  ...Array.from({ length: 40 }, () => ['sent', 'delivered'] as const).flat(),
  ...EVENT_NAMES,
  'bounced',
  'bounced',
  'soft_bounced',
  'delayed',
  'opened',
  'opened',
  'clicked',
  'complained',
];

function eventOf(workspaceId: string, index: number): EmailEvent {
  const event = MIX[index % MIX.length] ?? 'sent';
  const recipient = index % 200;
  return anEvent({
    event_id: deterministicId('evt', [workspaceId, String(index)]),
    message_id: `0100019c${index.toString(16).padStart(8, '0')}-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000`,
    workspace_id: workspaceId,
    event,
    to: `recipient.number.${recipient}@customers.example.com`,
    subject: `Your order ${index} is on its way`,
    timestamp: new Date(NOW - index * 1000).toISOString(),
    details: LOG_TYPE_OF[event] === 'bounce' ? anEvent().details : {},
  });
}

async function fill(workspaceId: string, count: number): Promise<void> {
  const chunk = 500;
  for (let start = 0; start < count; start += chunk) {
    const events = Array.from({ length: Math.min(chunk, count - start) }, (_, each) =>
      eventOf(workspaceId, start + each),
    );
    const outcome = await putRows(
      table,
      events.flatMap((event) => eventRows([event], RETENTION)),
    );
    expect(outcome).toEqual({ failed: [], refused: [] });
  }
}

/** DESIGN's ceilings: 5 read units for a query of one index partition, 12 for a query that merges several. */
const QUERIES: readonly (readonly [string, Omit<EventQuery, 'workspaceId' | 'limit'>, number])[] = [
  ['one status', { events: ['bounced'] }, 5],
  ['a recipient', { to: 'recipient.number.7@customers.example.com' }, 5],
  ['a recipient and a status', { to: 'recipient.number.7@customers.example.com', events: ['delivered'] }, 5],
  [
    'a recipient and a type',
    { to: 'recipient.number.7@customers.example.com', events: ['bounced', 'soft_bounced'] },
    5,
  ],
  ['a range of time', { after: new Date(NOW - 600_000).toISOString() }, 12],
  ['a status in two shards', { events: ['delivered'] }, 5],
  ['a type', { events: EVENT_NAMES.filter((name) => LOG_TYPE_OF[name] === 'send') }, 12],
  ['all events', {}, 12],
];

describe.each([1_000, 20_000])('a page of 50 out of %d rows', (rows) => {
  const workspaceId = deterministicId('ws', ['ceilings', String(rows), String(NOW)]);

  beforeAll(() => fill(workspaceId, rows));

  it.each(QUERIES)('of %s stays within its ceiling', async (_name, query, ceiling) => {
    table.units();
    const page = await listEvents(table, { workspaceId, limit: PAGE, ...query });
    // A filter on a recipient's events may find nothing within its read budget. The page is then empty and has a next page.
    const filtered = query.to !== undefined && query.events !== undefined;
    expect(page.items.length > 0 || filtered).toBe(true);
    const firstPageUnits = table.units();
    expect(firstPageUnits).toBeLessThanOrEqual(ceiling);
    if (!page.next) return;
    await listEvents(table, { workspaceId, limit: PAGE, ...query, position: page.next });
    expect(table.units()).toBeLessThanOrEqual(ceiling);
  });
});

describe('a page of 50 messages with their current status', () => {
  const workspaceId = deterministicId('ws', ['ceilings', 'messages', String(NOW)]);
  const MESSAGES = 200;

  beforeAll(async () => {
    const events = Array.from({ length: MESSAGES }, (_, message) =>
      (['sent', 'delivered', 'opened', 'clicked'] as const).map((event, index) => ({
        ...eventOf(workspaceId, message),
        event_id: deterministicId('evt', [workspaceId, String(message), event]),
        event,
        details: {},
        timestamp: new Date(NOW - message * 60_000 + index * 1000).toISOString(),
      })),
    ).flat();
    for (let start = 0; start < events.length; start += 400)
      await putRows(
        table,
        events.slice(start, start + 400).flatMap((event) => eventRows([event], RETENTION, 'x'.repeat(300))),
      );
  });

  it('costs at most 60 read units', async () => {
    table.units();
    const query = { workspaceId, limit: PAGE };
    const meter = () => new ReadMeter({ units: 60, milliseconds: 60_000 }, Date.now);
    const page = await listMessages(table, { ...query, meter: meter() });
    expect(page.items.map(({ status }) => status)).toEqual(Array.from({ length: PAGE }, () => 'delivered'));
    expect(table.units()).toBeLessThanOrEqual(60);
    if (!page.next) throw new Error('There is no second page');
    await listMessages(table, { ...query, meter: meter(), position: page.next });
    expect(table.units()).toBeLessThanOrEqual(60);
  });
});

describe('the timeline of a message', () => {
  const HOUR_MS = 3_600_000;
  const workspaceId = deterministicId('ws', ['ceilings', 'timeline', String(NOW)]);

  beforeAll(async () => {
    for (const events of [['*'], ['delivered']] as const)
      await putEndpoint(table, anEndpoint({ workspace_id: workspaceId, events }));
  });

  /** The units of a timeline with `count` events, the newest `ageMs` ago. No event has a delivery. */
  async function unitsOf(messageId: string, count: number, ageMs: number): Promise<number> {
    const events = Array.from({ length: count }, (_, index) => ({
      ...eventOf(workspaceId, index),
      event: index % 2 === 0 ? ('sent' as const) : ('delivered' as const),
      details: {},
      message_id: messageId,
      timestamp: new Date(NOW - ageMs - index * 1000).toISOString(),
    }));
    await putRows(
      table,
      events.flatMap((event) => eventRows([event], RETENTION)),
    );
    table.units();
    await getTimeline(table, { workspaceId, messageId, raw: false, nowMs: NOW });
    return table.units();
  }

  it('costs 1 unit for an email with two events, more than 25 hours ago', async () => {
    expect(await unitsOf('old', 2, 25 * HOUR_MS)).toBe(1);
  });

  it('costs half a unit more for the endpoints and for each missing delivery of the last 25 hours', async () => {
    // One endpoint wants both events, and the other endpoint wants one of them.
    expect(await unitsOf('new', 2, 24 * HOUR_MS)).toBe(1 + 0.5 + 3 * 0.5);
  });

  it('reads the claims of at most 200 missing deliveries: 100 units', async () => {
    const old = await unitsOf('many, old', 300, 25 * HOUR_MS);
    expect(await unitsOf('many, new', 300, 1000)).toBe(old + 0.5 + 100);
  });
});

describe('storing a delivery', () => {
  const workspaceId = deterministicId('ws', ['ceilings', 'writing', String(NOW)]);

  it('costs 6 units for a webhook delivered at the first attempt', async () => {
    const event = eventOf(workspaceId, 1);
    const endpoint = anEndpoint({ workspace_id: workspaceId });
    const task = aTask(event, endpoint);
    table.units();
    await claimAttempt(table, { task, stored: { event, ttl: 2_000_000_000 }, execution: 'one', nowMs: NOW });
    await recordAttempt(table, task, {
      attempt: {
        number: 1,
        trigger: 'auto',
        started_at: event.timestamp,
        duration_ms: 42,
        status_code: 200,
        response_excerpt: 'x'.repeat(700),
      },
      ttl: 2_000_000_000,
    });
    await settleDelivery(table, task, { status: 'delivered', attemptCount: 1, nowMs: NOW });
    expect(deliveryId(event.event_id, endpoint.id)).toMatch(/^dlv_/);
    expect(table.units()).toBeLessThanOrEqual(6);
  });
});
