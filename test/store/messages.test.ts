import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EmailEvent, type EventName } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { MESSAGE_STATUSES, timelinesOf, type MessageStatus } from '../../lambdas/core/message-status.ts';
import type { MessageSummary } from '../../lambdas/core/message-summary.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';
import { listMessages, type MessageQuery } from '../../lambdas/store/messages.ts';
import type { Position } from '../../lambdas/store/pages.ts';
import { ReadMeter } from '../../lambdas/store/read-meter.ts';
import type { Row, Table } from '../../lambdas/store/table.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable } from '../../sim/table.ts';

const START_MS = Date.parse('2026-02-25T12:00:00Z');
const RETENTION = { retentionDays: 90, receivedAtMs: START_MS };

function eventAt(second: number, changes: Partial<EmailEvent>): EmailEvent {
  const timestamp = new Date(START_MS + second * 1000).toISOString().replace('.000Z', 'Z');
  const id = deterministicId('evt', [timestamp, JSON.stringify(changes)]);
  return anEvent({ event_id: id, timestamp, details: {}, ...changes });
}

interface MeteredTable extends Table {
  /** The read units since the previous call. */
  units(): number;
}

/** A table of these events. Each row of the table, but not its copy in an index, is padded to 1 KB, as with its raw event. */
function tableOf(events: readonly EmailEvent[]): MeteredTable {
  const table = simulatedTable();
  for (const row of events.flatMap((event) => eventRows([event], RETENTION))) {
    const bytes = 1024 - itemSizeBytes(row) - 'raw'.length;
    const padded: Row = bytes > 0 ? { ...row, raw: new Uint8Array(bytes) } : row;
    table.rows.set(`${row.pk}\n${row.sk}`, padded);
  }
  let units = 0;
  const send = async (command: { input: Record<string, unknown> }) => {
    command.input['ReturnConsumedCapacity'] = 'TOTAL';
    const result: object = await table.client.send(command as never);
    units += (result as { ConsumedCapacity: { CapacityUnits: number } }).ConsumedCapacity.CapacityUnits;
    return result;
  };
  return {
    name: table.name,
    client: { send } as unknown as Table['client'],
    units() {
      const used = units;
      units = 0;
      return used;
    },
  };
}

type Query = Omit<MessageQuery, 'workspaceId' | 'meter' | 'position'>;

function read(table: Table, query: Query & { readonly units?: number }, position?: Position) {
  const { units = 1_000, ...rest } = query;
  const meter = new ReadMeter({ units, milliseconds: 5_000 }, () => 0);
  return listMessages(table, { workspaceId: WORKSPACE_ID, meter, ...rest, ...(position && { position }) });
}

const labelOf = ({ message_id: id, to, status, status_at: at }: MessageSummary): string =>
  `${id} ${to?.toLowerCase()} ${status} ${at}`;

/** The labels of all pages, from the first page to the last. */
async function readAll(table: Table, query: Query & { readonly units?: number }): Promise<string[]> {
  const labels: string[] = [];
  let position: Position | undefined;
  do {
    const page = await read(table, query, position);
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    labels.push(...page.items.map(labelOf));
    position = page.next;
  } while (position);
  return labels;
}

/** What the list must contain, computed from all events. */
function expectedOf(events: readonly EmailEvent[], statuses?: readonly MessageStatus[]): string[] {
  const byDecisive = statuses !== undefined && !statuses.includes('sent');
  return [...Map.groupBy(events, (event) => event.message_id)].flatMap(([id, ofMessage]) =>
    timelinesOf(ofMessage)
      .filter(
        ({ status, events: all }) =>
          status &&
          (statuses?.includes(status) ?? true) &&
          (byDecisive || all.some(({ event }) => ['sent', 'suppressed', 'failed'].includes(event))),
      )
      .map(({ to, status, statusAt }) => `${id} ${to?.toLowerCase()} ${status} ${statusAt}`),
  );
}

const anyEvent = fc.record({
  message: fc.nat(5),
  to: fc.constantFrom('ann@example.com', 'ANN@example.com', 'bob@example.com', undefined),
  event: fc.constantFrom(...EVENT_NAMES, 'sent', 'sent', 'delivered'),
  second: fc.nat(30),
});

describe('the list of messages', () => {
  it('has each message and recipient once with the status of its timeline, for any events in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { maxLength: 40 }),
        fc.option(fc.subarray([...MESSAGE_STATUSES], { minLength: 1 }), { nil: undefined }),
        fc.integer({ min: 1, max: 12 }),
        // A small budget ends pages early, so that a later page continues.
        fc.constantFrom(1_000, 3),
        async (list, statuses, limit, units) => {
          // Eight events of a message are always read.
          const few = [...Map.groupBy(list, ({ message }) => message).values()].flatMap((all) =>
            all.slice(0, 8),
          );
          const events = (units < 1_000 ? few : list).map(({ message, to, event, second }) => {
            const { to: _to, ...rest } = eventAt(second, { message_id: `m-${message}`, event, to: to ?? '' });
            // Amazon SES does not name the recipient of some events.
            return to === undefined ? rest : { ...rest, to };
          });
          const labels = await readAll(tableOf(events), { limit, units, ...(statuses && { statuses }) });
          expect(labels.toSorted()).toEqual(expectedOf(events, statuses).toSorted());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has the same pages in both directions, newest first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (list, limit) => {
          const events = list.map(({ message, to = 'cy@example.com', event, second }) =>
            eventAt(second, { message_id: `m-${message}`, event, to }),
          );
          const table = tableOf(events);
          const all = await readAll(table, { limit: 100 });
          const forward: string[] = [];
          let page = await read(table, { limit });
          for (;;) {
            forward.push(...page.items.map(labelOf));
            const times = page.items.map((item) => item.created_at);
            expect(times).toEqual(times.toSorted().toReversed());
            if (!page.next) break;
            page = await read(table, { limit }, page.next);
          }
          expect(forward).toEqual(all);
          const backward = page.items.map(labelOf);
          while (page.prev) {
            page = await read(table, { limit }, page.prev);
            backward.unshift(...page.items.map(labelOf));
          }
          expect(backward).toEqual(all);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('moves a message whose complaint arrives later from the bounces to the complaints', async () => {
    const sent = [eventAt(0, { event: 'sent' }), eventAt(1, { event: 'bounced' })];
    const complained = [...sent, eventAt(2, { event: 'complained' })];
    const count = async (events: readonly EmailEvent[], status: MessageStatus) =>
      (await read(tableOf(events), { limit: 5, statuses: [status] })).items.length;
    expect([await count(sent, 'bounced'), await count(sent, 'complained')]).toEqual([1, 0]);
    expect([await count(complained, 'bounced'), await count(complained, 'complained')]).toEqual([0, 1]);
  });

  it('marks a message as partial if its oldest and newest events leave a gap', async () => {
    const opens = (count: number) =>
      Array.from({ length: count }, (_, index) => eventAt(index + 2, { event: 'opened' }));
    const sent = [eventAt(0, { event: 'sent' }), eventAt(1, { event: 'delivered' })];
    const complained = eventAt(5_000, { event: 'complained' });
    const summary = async (events: readonly EmailEvent[], units: number) =>
      (await read(tableOf(events), { limit: 1, units })).items[0];
    expect(await summary([...sent, ...opens(5)], 11)).toMatchObject({ status: 'delivered', partial: false });
    // 42 events fit into the oldest and the newest events that 11 units read.
    const some = [...sent, ...opens(40), complained];
    expect(await summary(some, 11)).toMatchObject({ status: 'complained', partial: false });
    const many = [...sent, ...opens(400), complained];
    expect(await summary(many, 11)).toMatchObject({ status: 'complained', partial: true });
    // No unit is left for the newest events.
    expect(await summary(some, 3)).toMatchObject({ status: 'delivered', partial: true });
  });
});

describe('a message to 50 recipients', () => {
  const RECIPIENT = 'recipient.7@example.com';
  const OUTCOMES: readonly EventName[] = ['delivered', 'bounced', 'complained'];
  const events = ['m-1', 'm-2', 'm-3'].flatMap((id, message) =>
    Array.from({ length: 50 }, (_, recipient) => {
      const names: readonly EventName[] = ['sent', OUTCOMES[message] ?? 'sent', 'opened', 'opened'];
      return names.map((event, index) =>
        eventAt(message * 600 + index * 60 + recipient, {
          message_id: id,
          event,
          to: `recipient.${recipient}@example.com`,
        }),
      );
    }).flat(),
  );

  it.each([
    [{ to: RECIPIENT }, ['m-3 complained', 'm-2 bounced', 'm-1 delivered']],
    [{ to: RECIPIENT, statuses: ['bounced'] as const }, ['m-2 bounced']],
    [{ to: RECIPIENT, statuses: ['sent', 'complained'] as const }, ['m-3 complained']],
  ])('has the status of the recipient that is listed alone: %j', async (query, expected) => {
    const { items } = await read(tableOf(events), { limit: 50, units: 60, ...query });
    expect(items.map(({ message_id: id, status }) => `${id} ${status}`)).toEqual(expected);
    for (const item of items) {
      expect(item.partial).toBe(false);
      expect(item.created_at).toBe(
        events.find(({ message_id: id, to }) => id === item.message_id && to === RECIPIENT)?.timestamp,
      );
    }
  });
});

interface Shape {
  readonly name: string;
  readonly recipients: number;
  readonly events: readonly EventName[];
}

const SHAPES: readonly Shape[] = [
  { name: 'a delivered email', recipients: 1, events: ['sent', 'delivered'] },
  {
    name: 'an email with ten opens',
    recipients: 1,
    events: ['sent', 'delivered', ...Array.from({ length: 10 }, () => 'opened' as const)],
  },
  { name: 'an email to 50 recipients', recipients: 50, events: ['sent', 'delivered', 'opened'] },
  { name: 'a suppressed email', recipients: 1, events: ['sent', 'suppressed'] },
];

describe.each(SHAPES)(
  'a page of 50 messages costs at most 60 read units: $name',
  ({ recipients, events }) => {
    const eventsOf = (messages: number, oneRecipient: boolean): readonly EmailEvent[] =>
      Array.from({ length: messages }, (_, message) =>
        Array.from({ length: recipients }, (__, recipient) =>
          events.map((event, index) =>
            eventAt(message * 60 + index, {
              message_id: `0100019c1e5b7d2a-${message}-000000`,
              to:
                oneRecipient && recipient === 0
                  ? 'recipient@customers.example.com'
                  : `recipient.${recipient}.${message}@customers.example.com`,
              event,
              subject: `Your order ${message} of customer ${recipient} is on its way`,
              tags: [['campaign', `spring-${index}`]],
            }),
          ),
        ),
      ).flat(2);

    it.each([
      ['unfiltered', 100, {}],
      ['unfiltered, in a table with four times as many messages', 400, {}],
      [
        'in a range of time',
        400,
        {
          after: new Date(START_MS + 60_000).toISOString(),
          before: new Date(START_MS + 18_000_000).toISOString(),
        },
      ],
      ['of one recipient', 100, { to: 'recipient@customers.example.com' }],
      [
        'of one recipient, in a table with four times as many messages',
        400,
        { to: 'recipient@customers.example.com' },
      ],
    ])('%s', async (_title, messages, filters) => {
      const isOne = 'to' in filters;
      const count = Math.ceil(messages / recipients);
      const table = tableOf(eventsOf(Math.max(count, 5), isOne));
      let position: Position | undefined;
      for (let number = 0; number < 3; number += 1) {
        const page = await read(table, { limit: 50, units: 60, ...filters }, position);
        expect(table.units()).toBeLessThanOrEqual(60);
        if (!page.next) break;
        expect(page.items.length).toBeGreaterThan(isOne ? 15 : 49);
        position = page.next;
      }
    });
  },
);
