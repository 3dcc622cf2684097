import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIMENSIONS, type Dimension } from '../../lambdas/core/dimensions.ts';
import { EVENT_NAMES, type EmailEvent } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { percentile } from '../../lambdas/core/histogram.ts';
import { countersOf } from '../../lambdas/core/stats.ts';
import { readEventCounters } from '../../lambdas/store/counters.ts';
import { readDimensionCounters, readDimensionValues } from '../../lambdas/store/dimension-counters.ts';
import { eventRows, toEmailEvent } from '../../lambdas/store/event-rows.ts';
import { storeFirstDelay } from '../../lambdas/store/first-delays.ts';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { NamedValues } from '../../lambdas/tally/named-values.ts';
import { tallyBatch } from '../../lambdas/tally/tally-batch.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { streamRecord } from '../../sim/builders/lambda-events.ts';
import { writeUnits } from '../../sim/capacity.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';
import { dimensionViolations } from '../proof/ledger/dimensions.ts';

const START = '2026-02-25T12:00:00Z';
const HOUR = {
  interval: 'hour' as const,
  afterMs: Date.parse(START),
  beforeMs: Date.parse(START) + 3_600_000,
};
const RETENTION = { retentionDays: 90, receivedAtMs: 0 };
/** A raw event that no row can contain, so that the rows of these tests are small. */
const RAW = '{}';

function eventRow(number: number, changes: Partial<EmailEvent> = {}): Row {
  const event = anEvent({
    message_id: `m-${number}`,
    event: 'sent',
    timestamp: '2026-02-25T12:10:00Z',
    details: {},
    ...changes,
  });
  const [row] = eventRows([event], RETENTION, RAW);
  if (!row) throw new Error('No row');
  return row;
}

function stream(rows: readonly Row[], first = 1): DynamoDBRecord[] {
  return rows.map((row, index) => streamRecord(row, first + index));
}

/** Containers with their named values. Without a name, each batch has a new container. */
function setUp() {
  const table = simulatedTable();
  const tally = (records: readonly DynamoDBRecord[], shardId = 'shard-a', names = new NamedValues()) =>
    tallyBatch({ table, retentionDays: 90, now: () => HOUR.afterMs, names }, { shardId, records });
  const read = (dimension: Dimension) =>
    readDimensionCounters(table, { workspaceId: WORKSPACE_ID, dimension }, HOUR);
  /** The number of sent emails of each value. */
  const sentBy = async (dimension: Dimension) =>
    Object.fromEntries((await read(dimension)).map(({ value = 'other', counts }) => [value, counts.sent]));
  return { table, tally, read, sentBy };
}

const namesOf = (event: EmailEvent) => countersOf({ ...event, beforeSend: false });

/** Counts the write units of all transactions. */
function meterWrites(table: SimulatedTable): { units: number } {
  const meter = { units: 0 };
  const send = table.client.send.bind(table.client) as (command: object) => Promise<unknown>;
  Object.assign(table.client, {
    async send(command: {
      readonly input: { readonly TransactItems?: readonly { Update: { Key: Row } }[] };
    }) {
      const keys = (command.input.TransactItems ?? []).map(({ Update: { Key } }) => `${Key.pk}\n${Key.sk}`);
      const before = keys.map((key) => table.rows.get(key));
      const response = await send(command);
      for (const [index, key] of keys.entries())
        meter.units += writeUnits(before[index], table.rows.get(key), { transactional: true });
      return response;
    },
  });
  return meter;
}

describe('tallyBatch counts by dimension', () => {
  it('the values of each event, beside the plain counters', async () => {
    const { tally, sentBy, read } = setUp();
    const rows = [
      eventRow(1, { to: 'a@gmail.com', tags: [['team', 'a']], configuration_set: 'marketing' }),
      eventRow(2, {
        to: 'b@gmail.com',
        tags: [
          ['team', 'a'],
          ['kind', 'x'],
        ],
      }),
      eventRow(3, { to: 'c@customer.example', from: 'Shop <Shop@Example.com>' }),
    ];
    await tally(stream(rows));
    expect(await sentBy('provider')).toEqual({ gmail: 2, other: 1 });
    expect(await sentBy('tag')).toEqual({ 'team:a': 2, 'kind:x': 1, '(none)': 1, other: 0 });
    expect(await sentBy('configuration_set')).toEqual({ marketing: 1, '(none)': 2, other: 0 });
    expect((await sentBy('sender'))['shop@example.com']).toBe(1);
    expect(await read('reason')).toEqual([]);
  });

  it('the recipient domains of other providers, with their emails and bounces', async () => {
    const { tally, read } = setUp();
    const of = (number: number, domain: string, event: 'sent' | 'bounced' | 'delivered' = 'sent') =>
      eventRow(number, { to: `a@${domain}`, event });
    await tally(stream([of(1, 'a.example'), of(2, 'B.example'), of(3, 'b.example'), of(4, 'gmail.com')]));
    await tally(stream([of(5, 'b.example', 'bounced'), of(6, 'b.example', 'delivered')], 5));
    const [other] = (await read('provider')).filter(({ value }) => value === undefined);
    expect(other?.domains?.toSorted((left, right) => right.sent - left.sent)).toEqual([
      { domain: 'b.example', sent: 2, bounced: 1 },
      { domain: 'a.example', sent: 1, bounced: 0 },
    ]);
  });

  it('the times to delivery up to 14 hours', async () => {
    const { tally, read } = setUp();
    const delivered = [500, 500, 500, 7_200_000].map((durationMs, number) =>
      eventRow(number, { event: 'delivered', to: 'a@gmail.com', time_to_delivery_ms: durationMs }),
    );
    await tally(stream(delivered));
    const [gmail] = (await read('provider')).filter(({ value }) => value === 'gmail');
    expect(percentile(gmail?.durations ?? {}, 0.5)).toBeGreaterThan(450);
    expect(percentile(gmail?.durations ?? {}, 0.5)).toBeLessThan(550);
    expect(percentile(gmail?.durations ?? {}, 0.95)).toBeGreaterThan(6_500_000);
    expect(percentile(gmail?.durations ?? {}, 0.95)).toBeLessThan(7_900_000);
  });

  it('an email that is delayed several times as one delayed email', async () => {
    const { table, tally, read } = setUp();
    const inserted: Row[] = [];
    table.onInsert = (row) => inserted.push(row);
    const delay = (number: number, timestamp: string, to = 'a@gmail.com') =>
      anEvent({ message_id: `m-${number}`, event: 'delayed', timestamp, to, details: {} });
    const events = [
      delay(1, '2026-02-25T12:10:00Z'),
      delay(1, '2026-02-25T12:20:00Z'),
      // Another spelling of the same recipient, another recipient, and another email.
      delay(1, '2026-02-25T12:25:00Z', 'A@Gmail.com'),
      delay(1, '2026-02-25T12:30:00Z', 'b@gmail.com'),
      delay(2, '2026-02-25T12:30:00Z'),
      delay(3, '2026-02-25T12:30:00Z', 'bounce@simulator.amazonses.com'),
    ];
    for (const event of events) await storeFirstDelay(table, event, RETENTION);
    await tally(stream([...events.flatMap((event) => eventRows([event], RETENTION, RAW)), ...inserted]));
    const [gmail] = (await read('provider')).filter(({ value }) => value === 'gmail');
    expect(gmail).toMatchObject({ delayedEmails: 3, counts: { delayed: 5 } });
    const plain = await readEventCounters(table, WORKSPACE_ID, HOUR);
    expect([...plain.values()].map(({ delayed }) => delayed)).toEqual([5]);
  });

  it('reads the rows of one value by its intervals', async () => {
    const { table, tally } = setUp();
    const at = (hour: number) =>
      eventRow(hour, { timestamp: `2026-02-25T${hour}:10:00Z`, configuration_set: 'marketing' });
    await tally(stream([at(12), at(14), eventRow(3)]));
    const address = {
      workspaceId: WORKSPACE_ID,
      dimension: 'configuration_set',
      value: 'marketing',
      interval: 'hour',
    } as const;
    const starts = [11, 12, 13, 14].map((hour) => Date.parse(`2026-02-25T${hour}:00:00Z`));
    const rows = await readDimensionValues(table, address, starts);
    expect(rows.map(({ startMs, value, counts }) => [startMs, value, counts.sent])).toEqual([
      [starts[1], 'marketing', 1],
      [starts[3], 'marketing', 1],
    ]);
  });

  it('reports the workspaces whose bounce or complaint rate changed', async () => {
    const { tally } = setUp();
    const inOther = { workspace_id: deterministicId('ws', ['other']) };
    const { touched } = await tally(
      stream([
        eventRow(1),
        eventRow(2, { event: 'bounced' }),
        eventRow(3, { event: 'complained' }),
        eventRow(4, { event: 'delivered', ...inOther }),
        eventRow(5, { to: 'success@simulator.amazonses.com', ...inOther }),
      ]),
    );
    expect(touched).toEqual([WORKSPACE_ID]);
    expect((await tally(stream([eventRow(7, { event: 'opened' })], 7))).touched).toEqual([]);
  });
});

/** The rows of the first delays that ingest stores with these events. */
async function firstDelays(rows: readonly Row[]): Promise<readonly Row[]> {
  const table = simulatedTable();
  const delayed = rows.map(toEmailEvent).filter(({ event }) => event === 'delayed');
  for (const event of delayed) await storeFirstDelay(table, event, RETENTION);
  return [...table.rows.values()];
}

const VALUES = fc.record({
  event: fc.constantFrom(...EVENT_NAMES),
  to: fc.constantFrom('a@gmail.com', 'b@Outlook.de', 'c@customer.example', 'd@simulator.amazonses.com'),
  from: fc.constantFrom('a@example.com', 'B@example.com', ''),
  set: fc.constantFrom(undefined, 'marketing', 'other'),
  tag: fc.constantFrom(undefined, 'a', 'b#c', 'ü'),
  hour: fc.constantFrom('12', '13'),
});

describe('the counters by dimension', () => {
  it('equal a recount, with eight shards, duplicates, failed writes and containers that know nothing of each other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(VALUES, { minLength: 1, maxLength: 40 }),
        fc.array(
          fc.record({
            shard: fc.nat(7),
            size: fc.integer({ min: 1, max: 15 }),
            failure: fc.constantFrom('none', 'before the write', 'after the write'),
            newContainer: fc.boolean(),
          }),
          { maxLength: 30 },
        ),
        async (specs, steps) => {
          const { table, tally } = setUp();
          const rows = specs.map(({ event, to, from, set, tag, hour }, index) =>
            eventRow(index, {
              event,
              to,
              from,
              timestamp: `2026-02-25T${hour}:10:00Z`,
              details: event === 'bounced' ? { reason: 'mailbox_full' } : {},
              ...(set !== undefined && { configuration_set: set }),
              ...(tag !== undefined && { tags: [['n', tag]] as const }),
            }),
          );
          const inserted = [...rows, ...(await firstDelays(rows))];
          const shards = Array.from({ length: 8 }, (_, shard) =>
            stream(inserted.filter((_row, index) => index % 8 === shard)),
          );
          const containers = shards.map(() => new NamedValues());
          const send = table.client.send.bind(table.client) as (command: object) => Promise<unknown>;
          let failure = 'none';
          Object.assign(table.client, {
            async send(command: object) {
              const writes = command.constructor.name === 'TransactWriteCommand';
              if (writes && failure === 'before the write') throw new Error('throttled');
              const response = await send(command);
              if (writes && failure === 'after the write') throw new Error('the response was lost');
              return response;
            },
          });
          for (const step of steps) {
            failure = step.failure;
            if (step.newContainer) containers[step.shard] = new NamedValues();
            const records = shards[step.shard]?.slice(0, step.size) ?? [];
            await tally(records, `shard-${step.shard}`, containers[step.shard]).catch(() => {});
          }
          failure = 'none';
          // All shards at once, and every record again.
          await Promise.all(
            shards.map((records, shard) => tally(records, `shard-${shard}`, containers[shard])),
          );
          expect(dimensionViolations([...table.rows.values(), ...rows], namesOf)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('name at most 200 values of an hour, while eight containers compete for the last places', async () => {
    const { table, tally, read } = setUp();
    const shards = Array.from({ length: 8 }, (_, shard) =>
      stream(
        Array.from({ length: 60 }, (_row, index) =>
          // Every second tag is also in the other shards.
          eventRow(shard * 1000 + index, { tags: [['n', index % 2 ? `${index}` : `${shard}-${index}`]] }),
        ),
      ),
    );
    for (const [shard, records] of shards.entries()) await tally(records.slice(0, 20), `shard-${shard}`);
    await Promise.all(shards.map((records, shard) => tally(records, `shard-${shard}`)));
    const rows = await read('tag');
    expect(rows.filter(({ value }) => value !== undefined)).toHaveLength(200);
    expect(rows.reduce((sum, { counts }) => sum + counts.sent, 0)).toBe(480);
    const other = [...table.rows.values()].filter(({ named }) => named !== undefined);
    expect(other.filter((row) => row.pk.includes('#tag#')).map(({ named }) => named)).toEqual([200, 200]);
    // The plain counter and the sum over each dimension are the same.
    for (const dimension of DIMENSIONS.filter((each) => each !== 'reason'))
      expect((await read(dimension)).reduce((sum, { counts }) => sum + counts.sent, 0)).toBe(480);
  });

  it('of containers that race for one place are planned again', async () => {
    const { table, tally, sentBy } = setUp();
    const rival = new NamedValues();
    let raced = false;
    const send = table.client.send.bind(table.client) as (command: object) => Promise<unknown>;
    Object.assign(table.client, {
      async send(command: object) {
        if (command.constructor.name === 'TransactWriteCommand' && !raced) {
          raced = true;
          await tally(
            stream([eventRow(9, { tags: [['n', 'same']], to: 'a@first.example' })]),
            'rival',
            rival,
          );
        }
        return send(command);
      },
    });
    const rows = [1, 2].map((number) => eventRow(number, { tags: [['n', 'same']], to: 'b@second.example' }));
    await tally(stream(rows));
    expect(await sentBy('tag')).toEqual({ 'n:same': 3, other: 0 });
    expect(
      dimensionViolations(
        [...table.rows.values(), ...rows, eventRow(9, { tags: [['n', 'same']], to: 'a@first.example' })],
        namesOf,
      ),
    ).toEqual([]);
  });
});

describe('a race for a place', () => {
  /** Counts a batch of 30 workspaces. Another container names `n:rival` in the first workspace during the first write. */
  async function race() {
    const { table, tally } = setUp();
    const workspaceIds = Array.from({ length: 30 }, (_, number) =>
      deterministicId('ws', ['race', String(number)]),
    );
    const rowsOf = (first: number, tag: string) =>
      workspaceIds.map((workspace_id, index) =>
        eventRow(first + index, { workspace_id, tags: [['n', tag]], to: 'a@gmail.com' }),
      );
    const rivals = rowsOf(100, 'rival').slice(0, 1);
    let raced = false;
    const send = table.client.send.bind(table.client) as (command: object) => Promise<unknown>;
    let queries = 0;
    Object.assign(table.client, {
      async send(command: object) {
        if (command.constructor.name === 'QueryCommand') queries += 1;
        if (command.constructor.name === 'TransactWriteCommand' && !raced) {
          raced = true;
          const before = queries;
          await tally(stream(rivals), 'rival');
          queries = before;
        }
        return send(command);
      },
    });
    // The rival names the value that the first row also needs.
    await tally(stream([...rowsOf(1, 'rival'), ...rowsOf(200, 'later')]));
    const sums = await Promise.all(
      workspaceIds.map(async (workspaceId) => {
        const rows = await readDimensionCounters(table, { workspaceId, dimension: 'tag' }, HOUR);
        return rows
          .filter(({ counts }) => counts.sent > 0)
          .map(({ value }) => value)
          .join();
      }),
    );
    return { queries, sums };
  }

  it('reads the workspaces of one transaction again, not those of the whole batch', async () => {
    const { queries, sums } = await race();
    // Four dimensions of 30 workspaces, each by hour and by day. A transaction has at most 99 rows.
    expect(queries).toBeGreaterThan(240);
    expect(queries).toBeLessThan(240 + 99);
    expect(new Set(sums)).toEqual(new Set(['n:later,n:rival']));
  });
});

describe('hostile input costs little:', () => {
  /** Counts full batches in one container. Returns the write units and queries of each event. */
  async function costOf(rowOf: (number: number) => Row, events: number) {
    const { table, tally, read } = setUp();
    const meter = meterWrites(table);
    const names = new NamedValues();
    const rows = Array.from({ length: events }, (_, number) => rowOf(number));
    for (let first = 0; first < events; first += 1_000) {
      const report = await tally(stream(rows.slice(first, first + 1_000), first + 1), 'shard-a', names);
      expect(report.unreadable).toEqual([]);
    }
    const queries = table.calls.filter((call) => call === 'QueryCommand').length;
    return { table, read, unitsPerEvent: meter.units / events, queries };
  }

  it('10,000 recipient domains in an hour are one row, with 16 of the domains', async () => {
    const { read, table, unitsPerEvent, queries } = await costOf(
      (number) => eventRow(number, { to: `a@customer-number-${number}.example` }),
      10_000,
    );
    const rows = await read('provider');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.counts.sent).toBe(10_000);
    expect(rows[0]?.domains).toHaveLength(16);
    expect(unitsPerEvent).toBeLessThan(0.1);
    expect(queries).toBeLessThanOrEqual(2 * DIMENSIONS.length);
    const sizes = [...table.rows.values()]
      .filter(({ kind }) => kind === 'dimension_counters')
      .map(itemSizeBytes);
    expect(Math.max(...sizes)).toBeLessThan(1024);
  });

  it('10,000 values of a tag in an hour are 200 rows and the rest', async () => {
    const { read, unitsPerEvent, queries } = await costOf(
      (number) => eventRow(number, { tags: [['user', `user-${number}`]] }),
      10_000,
    );
    const rows = await read('tag');
    expect(rows).toHaveLength(201);
    expect(rows.find(({ value }) => value === undefined)?.counts.sent).toBe(9_800);
    // 200 new rows of an hour and of a day, two units each, are 800 units once.
    expect(unitsPerEvent).toBeLessThan(0.2);
    expect(queries).toBeLessThanOrEqual(2 * DIMENSIONS.length);
  });

  it('the most frequent new values of a batch get the rows', async () => {
    const { read } = await costOf(
      (number) =>
        eventRow(number, {
          to: `a@${number % 2 ? 'frequent' : `rare-${number}`}.example`,
          tags: [['n', number % 2 ? 'frequent' : `rare-${number}`]],
        }),
      1_000,
    );
    expect((await read('tag')).find(({ value }) => value === 'n:frequent')?.counts.sent).toBe(500);
    const [other] = await read('provider');
    expect(other?.domains).toContainEqual({ domain: 'frequent.example', sent: 500, bounced: 0 });
  });

  it('an event with 50 long tags and an odd recipient fits one transaction', async () => {
    const { tally, table, read } = setUp();
    const tags = Array.from({ length: 50 }, (_, number) => [`${number}`, 'v'.repeat(120)] as const);
    const changes = { tags, from: `${'x'.repeat(300)}@example.com`, configuration_set: 'y'.repeat(900) };
    const report = await tally(
      stream([
        eventRow(1, { ...changes, to: `a@${'d'.repeat(200)}.example`, event: 'bounced' }),
        eventRow(2, { ...changes, to: 'a@例え.テスト' }),
        eventRow(3, { ...changes, to: '\u0000' }),
      ]),
    );
    expect(report).toMatchObject({ counted: 3, unreadable: [] });
    const tagRows = await read('tag');
    expect(tagRows).toHaveLength(33);
    expect(tagRows.reduce((sum, { counts }) => sum + counts.sent + counts.bounced, 0)).toBe(150);
    expect([...table.rows.values()].filter(({ kind }) => kind === 'counters')).toHaveLength(2);
    expect((await read('provider'))[0]?.domains).toEqual([
      { domain: 'xn--r8jz45g.xn--zckzah', sent: 1, bounced: 0 },
    ]);
  });

  it('a container reads an interval once, and again only for a value that it does not know', async () => {
    const { table, tally } = setUp();
    const names = new NamedValues();
    const queriesOf = async (rows: readonly Row[], first: number) => {
      table.calls.length = 0;
      await tally(stream(rows, first), 'shard-a', names);
      return table.calls.filter((call) => call === 'QueryCommand').length;
    };
    const of = (number: number, tag: string) => eventRow(number, { tags: [['n', tag]], to: 'a@gmail.com' });
    // Four dimensions, each by hour and by day.
    expect(await queriesOf([of(1, 'a')], 1)).toBe(8);
    expect(await queriesOf([of(2, 'a')], 2)).toBe(0);
    expect(await queriesOf([of(3, 'a'), of(4, 'b')], 3)).toBe(2);
    expect(await queriesOf([of(5, 'b')], 5)).toBe(0);
  });

  it('a record that DynamoDB refuses is skipped, and the other records of its batch get their named values', async () => {
    const { table, tally, sentBy } = setUp();
    table.before = (command, input) => {
      if (command === 'TransactWriteCommand' && JSON.stringify(input).includes('n:refused'))
        throw Object.assign(new Error('No'), { name: 'ValidationException' });
    };
    const of = (number: number, tag: string) => eventRow(number, { tags: [['n', tag]] });
    const { counted, unreadable } = await tally(
      stream([of(1, 'a'), of(2, 'refused'), of(3, 'a'), of(4, 'b')]),
    );
    expect({ counted, unreadable: unreadable.length }).toEqual({ counted: 3, unreadable: 1 });
    expect(await sentBy('tag')).toEqual({ 'n:a': 2, 'n:b': 1, other: 0 });
  });
});
