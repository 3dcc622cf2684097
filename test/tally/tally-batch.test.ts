import { randomBytes } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EVENT_NAMES,
  type EmailEvent,
  type EventDetails,
  type EventName,
} from '../../lambdas/core/events.ts';
import type { StoredEvent } from '../../lambdas/core/deliverable-events.ts';
import type { Attempt } from '../../lambdas/core/deliveries.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { COUNTER_NAMES, addEndpointCounts, zeroCounts } from '../../lambdas/core/stats.ts';
import { readEndpointCounters, readEventCounters } from '../../lambdas/store/counters.ts';
import { recordAttempt } from '../../lambdas/store/deliveries.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { insertFirstAttempts } from '../../lambdas/store/first-attempts.ts';
import { holdDeliveries } from '../../lambdas/store/hold-deliveries.ts';
import type { Row, Table } from '../../lambdas/store/table.ts';
import { tallyBatch } from '../../lambdas/tally/tally-batch.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable } from '../../sim/table.ts';

const endpoint = anEndpoint();
const DAY = {
  afterMs: Date.parse('2026-02-25T00:00:00Z'),
  beforeMs: Date.parse('2026-02-26T00:00:00Z'),
};

/** The row of an event. Without the text of an SES event, IvyMail created it. */
function eventRow(number: number, changes: Partial<EmailEvent> = {}, rawText?: string): Row {
  const event = EVENT_NAMES[number % EVENT_NAMES.length] ?? 'sent';
  const timestamp = `2026-02-25T${String(number % 24).padStart(2, '0')}:10:00Z`;
  const emailEvent = anEvent({ message_id: `m-${number}`, event, timestamp, details: {}, ...changes });
  const [row] = eventRows([emailEvent], { retentionDays: 90, receivedAtMs: 0 }, rawText);
  if (!row) throw new Error('No row');
  return row;
}

/** An attempt that succeeded in 100 ms. */
function anAttempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    trigger: 'auto',
    started_at: '2026-02-25T12:00:05Z',
    duration_ms: 100,
    status_code: 200,
    ...changes,
  };
}

/** The only row that a write stores. */
async function rowOf(write: (table: Table) => Promise<unknown>): Promise<Row> {
  const table = simulatedTable();
  await write(table);
  const rows = [...table.rows.values()].filter((row) => row['kind'] !== 'delivery_address');
  if (rows.length !== 1 || !rows[0]) throw new Error(`${rows.length} rows`);
  return rows[0];
}

function eventOf(number: number): StoredEvent {
  return { event: anEvent({ message_id: `m-${number}` }), ttl: 1 };
}

/** An attempt with a row of its own. */
function attemptRow(number: number, changes: Partial<Attempt> = {}): Promise<Row> {
  const task = aTask(eventOf(number).event, endpoint);
  return rowOf((table) => recordAttempt(table, task, { attempt: anAttempt(changes), ttl: 1 }));
}

/** A delivery whose first attempt succeeded. The attempt is inside its row. */
async function deliveryRow(number: number, changes: Partial<Attempt> = {}): Promise<Row> {
  const stored = eventOf(number);
  const row = await rowOf((table) =>
    insertFirstAttempts(table, [
      {
        task: aTask(stored.event, endpoint),
        stored,
        attempt: anAttempt(changes),
        status: 'delivered',
        createdAt: '2026-02-25T12:00:04Z',
        run: 'auto',
        nowMs: DAY.afterMs,
      },
    ]),
  );
  expect(row['attempt']).toEqual(anAttempt(changes));
  return row;
}

/** A delivery without an attempt. */
function heldRow(number: number): Promise<Row> {
  const stored = eventOf(number);
  return rowOf((table) =>
    holdDeliveries(table, [{ task: aTask(stored.event, endpoint), stored }], DAY.afterMs),
  );
}

/** The stream gives each row a sequence number that increases within its shard. It has more digits than a JavaScript number can hold. */
function stream(rows: readonly Row[], first = 1): DynamoDBRecord[] {
  return rows.map((row, index) => ({
    eventName: 'INSERT',
    dynamodb: {
      Keys: marshall({ pk: row.pk, sk: row.sk }) as never,
      NewImage: marshall(row, { removeUndefinedValues: true }) as never,
      SequenceNumber: String(99_999_999_999_999_999_990n + BigInt(first + index)),
    },
  }));
}

function setUp() {
  const table = simulatedTable();
  const deps = { table, retentionDays: 90, now: () => DAY.afterMs };
  const tally = (records: readonly DynamoDBRecord[], shardId = 'shard-a') =>
    tallyBatch(deps, { shardId, records });
  const totals = async (interval: 'hour' | 'day' = 'hour') => {
    const counted = await readEventCounters(table, WORKSPACE_ID, { interval, ...DAY });
    const sum = zeroCounts();
    for (const counts of counted.values()) for (const name of COUNTER_NAMES) sum[name] += counts[name];
    return sum;
  };
  const atEndpoint = async (interval: 'hour' | 'day' = 'hour') => {
    const range = { interval, ...DAY };
    const address = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id };
    return addEndpointCounts([...(await readEndpointCounters(table, address, range)).values()]);
  };
  return { table, tally, totals, atEndpoint };
}

/** Counts the rows again, without the code under test. */
function recount(rows: readonly Row[]) {
  const sum = zeroCounts();
  for (const row of rows) {
    const { to, details } = row as { to?: string; details?: EventDetails };
    if (row['kind'] !== 'event' || /@simulator\.amazonses\.com$/i.test(to ?? '')) continue;
    const event = row['event'] as EventName;
    sum[event] += 1;
    if (details?.automated && event === 'opened') sum.opened_automated += 1;
    if (details?.automated && event === 'clicked') sum.clicked_automated += 1;
    const hasSesEvent = 'raw' in row || 'raw_ref' in row;
    if (!hasSesEvent && event === 'suppressed') sum.suppressed_before_send += 1;
    if (!hasSesEvent && event === 'failed') sum.failed_before_send += 1;
  }
  return sum;
}

describe('tallyBatch', () => {
  it('counts events by name, for the hour and the day of the event', async () => {
    const { tally, totals, table } = setUp();
    const rows = Array.from({ length: 60 }, (_, number) => eventRow(number));
    expect(await tally(stream(rows))).toMatchObject({
      counted: 60,
      excluded: 0,
      repeated: 0,
      unreadable: [],
    });
    expect(await totals('hour')).toEqual(recount(rows));
    expect(await totals('day')).toEqual(recount(rows));
    const noon = await readEventCounters(table, WORKSPACE_ID, {
      interval: 'hour',
      afterMs: Date.parse('2026-02-25T12:00:00Z'),
      beforeMs: Date.parse('2026-02-25T13:00:00Z'),
    });
    expect([...noon.keys()]).toEqual([Date.parse('2026-02-25T12:00:00Z')]);
  });

  it('counts the attempts of an endpoint, the failed ones, and their durations', async () => {
    const { tally, atEndpoint } = setUp();
    const rows = await Promise.all([
      attemptRow(1),
      attemptRow(2, { duration_ms: 9_000, status_code: 500, error_class: 'http_status' }),
      attemptRow(3, { duration_ms: 15_000, error_class: 'timeout' }),
    ]);
    await tally(stream(rows));
    for (const interval of ['hour', 'day'] as const) {
      const counted = await atEndpoint(interval);
      expect(counted).toMatchObject({ attempts: 3, failures: 2 });
      expect(Object.values(counted.durations).reduce((sum, count) => sum + count, 0)).toBe(3);
    }
  });

  it('counts an attempt inside a new delivery as an attempt with a row of its own', async () => {
    const countersOf = async (...rows: readonly Row[]) => {
      const { tally, table } = setUp();
      const report = await tally(stream(rows));
      const counters = [...table.rows.values()].filter((row) => row['kind'] === 'counters');
      return { report, counters };
    };
    for (const attempt of [
      {},
      { duration_ms: 9_000, started_at: '2026-02-25T13:59:59.999Z' },
      { duration_ms: 0, status_code: 500, error_class: 'http_status' as const },
    ]) {
      const inside = await countersOf(await deliveryRow(1, attempt));
      expect(inside).toEqual(await countersOf(await attemptRow(1, attempt)));
      expect(inside.report).toMatchObject({ counted: 1, excluded: 0, unreadable: [] });
      expect(inside.counters).toHaveLength(2);
    }
  });

  it('moves the checkpoint past a delivery without an attempt, which adds to no counter', async () => {
    const { tally, table } = setUp();
    const records = stream([await heldRow(1), await heldRow(2)]);
    expect(await tally(records)).toMatchObject({ counted: 0, excluded: 2, repeated: 0, unreadable: [] });
    expect([...table.rows.values()].map((row) => row['kind'])).toEqual(['checkpoint']);
    expect(await tally(records)).toMatchObject({ excluded: 0, repeated: 2 });
  });

  it('stores the counters with their TTL, and the checkpoint of the shard', async () => {
    const { tally, table } = setUp();
    const failed = await attemptRow(1, { duration_ms: 0, error_class: 'timeout' });
    const delivered = await attemptRow(2, { duration_ms: 0 });
    await tally(stream([eventRow(0), eventRow(0, { message_id: 'second' }), failed, delivered]));
    const ofEvents = (interval: string) => ({
      pk: `C#${WORKSPACE_ID}#${interval}`,
      sk: '2026-02-25T00:00:00Z',
      kind: 'counters',
      ttl: Date.parse('2026-05-26T00:00:00Z') / 1000,
      sent: 2,
    });
    const ofAttempts = (interval: string, start: string) => ({
      pk: `C#${WORKSPACE_ID}#${endpoint.id}#${interval}`,
      sk: start,
      kind: 'counters',
      ttl: Date.parse(start) / 1000 + 90 * 86_400,
      attempts: 2,
      failures: 1,
      d0: 2,
    });
    const rows = [...table.rows.values()]
      .filter((row) => row['kind'] !== 'dimension_counters')
      .toSorted((left, right) => (left.pk < right.pk ? -1 : 1));
    expect(rows).toStrictEqual([
      ofEvents('day'),
      ofAttempts('day', '2026-02-25T00:00:00Z'),
      ofAttempts('hour', '2026-02-25T12:00:00Z'),
      ofEvents('hour'),
      {
        pk: 'T#shard-a',
        sk: 'T',
        kind: 'checkpoint',
        last_sequence: '99999999999999999994'.padStart(48, '0'),
        ttl: Date.parse('2026-03-04T00:00:00Z') / 1000,
      },
    ]);
  });

  it('sets the TTL of an hour to that of the latest event in it', async () => {
    const { table } = setUp();
    const late = (seconds: string, message: string) =>
      eventRow(0, { message_id: message, timestamp: `2026-02-25T00:10:${seconds}Z` });
    const deps = { table, retentionDays: 1, now: () => DAY.afterMs };
    const records = stream([late('00', 'a'), late('30', 'b'), late('10', 'c')]);
    await tallyBatch(deps, { shardId: 'shard-a', records });
    const [row] = [...table.rows.values()].filter((each) => each['kind'] === 'counters');
    const alone = simulatedTable();
    await tallyBatch({ ...deps, table: alone }, { shardId: 'shard-a', records: stream([late('30', 'b')]) });
    const [longest] = [...alone.rows.values()].filter((each) => each['kind'] === 'counters');
    expect(row?.['ttl']).toBe(longest?.['ttl']);
    expect(Number(row?.['ttl'])).toBeGreaterThan(0);
  });

  it('reads the checkpoint consistently, and writes nothing for an empty batch', async () => {
    const { tally, table } = setUp();
    const consistent: unknown[] = [];
    table.before = (_command, input) => consistent.push(input['ConsistentRead']);
    expect(await tally([])).toMatchObject({ counted: 0, excluded: 0, repeated: 0, unreadable: [] });
    expect(consistent).toEqual([true]);
    expect(table.rows.size).toBe(0);
  });

  it('counts 99 rows of counters in one transaction, and no more', async () => {
    const { tally, table } = setUp();
    // Each endpoint has two rows, one by hour and one by day. The last endpoint has three, because its attempts are in two hours.
    const of = async (number: number, hour = '00') => ({
      ...(await attemptRow(number, { started_at: `2026-02-25T${hour}:10:00Z` })),
      endpoint_id: deterministicId('ep', [String(number)]),
    });
    const rows = await Promise.all(Array.from({ length: 49 }, (_, number) => of(number)));
    await tally(stream([...rows, await of(48, '01')]));
    expect(table.calls.filter((call) => call === 'TransactWriteCommand')).toHaveLength(1);
    table.calls.length = 0;
    await tally(stream([...rows, await of(48, '01'), await of(48, '02')]), 'shard-b');
    expect(table.calls.filter((call) => call === 'TransactWriteCommand')).toHaveLength(2);
  });

  it('throws for a record without a sequence number, because it cannot be counted exactly once', async () => {
    const { tally, table } = setUp();
    const [record] = stream([eventRow(0)]);
    const { SequenceNumber: _number, ...dynamodb } = record?.dynamodb ?? {};
    await expect(tally([{ dynamodb }])).rejects.toThrow('The stream record has no sequence number');
    await expect(tally([{}])).rejects.toThrow('The stream record has no sequence number');
    expect(table.rows.size).toBe(0);
  });

  it('skips a record without a row', async () => {
    const { tally } = setUp();
    const [record] = stream([eventRow(0)]);
    const { NewImage: _image, ...dynamodb } = record?.dynamodb ?? {};
    expect(await tally([{ dynamodb }])).toMatchObject({ counted: 0, unreadable: [dynamodb.Keys] });
  });

  it('throws if DynamoDB refuses the checkpoint itself', async () => {
    const { tally, table } = setUp();
    table.before = (command) => {
      if (command === 'TransactWriteCommand')
        throw Object.assign(new Error('No'), { name: 'ValidationException' });
    };
    await expect(tally(stream([eventRow(0)]))).rejects.toThrow('No');
    expect(table.rows.size).toBe(0);
  });

  it('counts each workspace separately', async () => {
    const { tally, totals } = setUp();
    await tally(stream([eventRow(0, { workspace_id: deterministicId('ws', ['other']) })]));
    expect(await totals()).toEqual(zeroCounts());
  });

  it('adds nothing for a batch that arrives again in full or in part', async () => {
    const { tally, totals } = setUp();
    const rows = Array.from({ length: 20 }, (_, number) => eventRow(number));
    const records = stream(rows);
    await tally(records.slice(0, 12));
    expect(await tally(records.slice(0, 12))).toMatchObject({ counted: 0, repeated: 12 });
    expect(await tally(records.slice(8))).toMatchObject({ counted: 8, repeated: 4 });
    expect(await totals()).toEqual(recount(rows));
  });

  it('compares sequence numbers as numbers, so that 10 is after 9', async () => {
    const { tally, totals } = setUp();
    const rows = Array.from({ length: 12 }, (_, number) => eventRow(number));
    for (const record of stream(rows)) {
      await tally([record]);
    }
    expect(await totals()).toEqual(recount(rows));
  });

  it('has a checkpoint for each shard', async () => {
    const { tally, totals } = setUp();
    const rows = [eventRow(0), eventRow(1)];
    await tally(stream([eventRow(0)], 100), 'shard-a');
    await tally(stream([eventRow(1)], 1), 'shard-b');
    expect(await totals()).toEqual(recount(rows));
  });

  it('counts an automated open in the total and in a counter of its own', async () => {
    const { tally, totals } = setUp();
    const opened = (number: number, details: EventDetails) =>
      eventRow(0, { message_id: `m-${number}`, event: 'opened', details });
    await tally(stream([opened(1, {}), opened(2, { automated: true }), opened(3, { ip: '192.0.2.1' })]));
    for (const interval of ['hour', 'day'] as const)
      expect(await totals(interval)).toEqual({ ...zeroCounts(), opened: 3, opened_automated: 1 });
  });

  it('counts suppressed and failed separately if IvyMail created the event, and not if SES published it', async () => {
    const { tally, totals, table } = setUp();
    const long = JSON.stringify({ eventType: 'Reject', random: randomBytes(3_000).toString('base64') });
    const rows = (['suppressed', 'failed', 'bounced'] as const).flatMap((event, number) => [
      eventRow(0, { message_id: `own-${number}`, event }),
      eventRow(0, { message_id: `ses-${number}`, event }, '{"eventType":"Reject"}'),
      eventRow(0, { message_id: `long-${number}`, event }, long),
    ]);
    // A short SES event is inside the row, a long one is a separate item.
    expect(rows.filter((row) => 'raw' in row)).toHaveLength(3);
    expect(rows.filter((row) => 'raw_ref' in row)).toHaveLength(3);
    await tally(stream(rows));
    const once = { suppressed_before_send: 1, failed_before_send: 1 };
    for (const interval of ['hour', 'day'] as const)
      expect(await totals(interval)).toEqual({
        ...zeroCounts(),
        ...once,
        suppressed: 3,
        failed: 3,
        bounced: 3,
      });
    // One transaction, as for all other events.
    expect(table.calls.filter((call) => call === 'TransactWriteCommand')).toHaveLength(1);
  });

  it('excludes recipients of the mailbox simulator, and counts an event without a recipient', async () => {
    const { tally, totals } = setUp();
    const rows = [
      eventRow(0, { to: 'ann@example.com' }),
      eventRow(0, { to: 'success+1@simulator.amazonses.com' }),
      eventRow(0, { to: 'success+2@Simulator.AmazonSES.com' }),
    ];
    const { to: _to, ...withoutRecipient } = eventRow(8);
    const report = await tally(stream([...rows, withoutRecipient]));
    expect(report).toMatchObject({ counted: 2, excluded: 2, repeated: 0, unreadable: [] });
    expect(await totals()).toEqual({ ...zeroCounts(), sent: 1, opened: 1 });
  });

  it('moves the checkpoint past a batch that has only simulator events, and writes no counters', async () => {
    const { tally, table } = setUp();
    const to = 'bounce@simulator.amazonses.com';
    const records = stream([eventRow(0, { to }), eventRow(1, { to })]);
    expect(await tally(records)).toMatchObject({ counted: 0, excluded: 2, repeated: 0, unreadable: [] });
    expect([...table.rows.values()].map((row) => row['kind'])).toEqual(['checkpoint']);
    expect(await tally(records)).toMatchObject({ counted: 0, excluded: 0, repeated: 2, unreadable: [] });
  });

  it('splits a batch that changes more rows than a transaction accepts', async () => {
    const { tally, totals, table } = setUp();
    const rows = Array.from({ length: 150 }, (_, number) =>
      eventRow(0, {
        message_id: `m-${number}`,
        workspace_id: number % 2 === 0 ? WORKSPACE_ID : deterministicId('ws', [String(number)]),
      }),
    );
    await tally(stream(rows));
    expect(table.calls.filter((call) => call === 'TransactWriteCommand').length).toBeGreaterThan(1);
    expect((await totals()).sent).toBe(75);
  });

  it('skips a record that cannot be read, and reports its keys', async () => {
    const { tally, totals } = setUp();
    const [bad, good] = stream([eventRow(0), eventRow(EVENT_NAMES.length)]);
    if (!bad?.dynamodb || !good) throw new Error('No records');
    const unreadable = {
      ...bad,
      dynamodb: { ...bad.dynamodb, NewImage: { pk: { S: 'x' }, sk: { S: 'y' } } },
    };
    const report = await tally([unreadable, good]);
    expect(report).toMatchObject({ counted: 1, excluded: 0, repeated: 0, unreadable: [bad.dynamodb.Keys] });
    expect((await totals()).sent).toBe(1);
  });

  it.each([
    ['an event without a name', async () => ({ ...eventRow(0), event: undefined })],
    ['an event with an unknown name', async () => ({ ...eventRow(0), event: 'ttl' })],
    ['an event with the name of a counter', async () => ({ ...eventRow(0), event: 'opened_automated' })],
    [
      'a simulator event with an unknown name',
      async () => ({ ...eventRow(0), to: 'bounce@simulator.amazonses.com', event: 'ttl' }),
    ],
    ['a delivery with an invalid key', async () => ({ ...(await deliveryRow(1)), sk: 'D#2026' })],
    [
      'a delivery whose endpoint id is too long',
      async () => {
        const row = await deliveryRow(1);
        return { ...row, sk: `${row.sk}a` };
      },
    ],
    ['a delivery whose attempt is no map', async () => ({ ...(await deliveryRow(1)), attempt: null })],
    ['a delivery whose attempt is empty', async () => ({ ...(await deliveryRow(1)), attempt: {} })],
    ['an attempt without an endpoint', async () => ({ ...(await attemptRow(1)), endpoint_id: undefined })],
    ['an attempt with an invalid endpoint id', async () => ({ ...(await attemptRow(1)), endpoint_id: 'x' })],
    ['an attempt without a duration', async () => ({ ...(await attemptRow(1)), duration_ms: undefined })],
    ['an attempt without a start time', async () => ({ ...(await attemptRow(1)), started_at: undefined })],
  ])('skips %s, and counts the rest of the batch', async (_case, make) => {
    const { tally, totals, table } = setUp();
    const report = await tally(stream([await make(), eventRow(12)]));
    expect(report).toMatchObject({ counted: 1, unreadable: [expect.anything()] });
    expect(await totals()).toEqual(recount([eventRow(12)]));
    // One row by hour and one by day, for the event that could be read.
    expect([...table.rows.values()].filter((row) => row['kind'] === 'counters')).toHaveLength(2);
  });

  it.each([
    ['ValidationException', () => Object.assign(new Error('No'), { name: 'ValidationException' })],
    [
      'a canceled transaction',
      () =>
        new TransactionCanceledException({
          message: 'Transaction cancelled',
          CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError' }],
          $metadata: {},
        }),
    ],
  ])('counts all records except the one whose counters DynamoDB refuses with %s', async (_case, refusal) => {
    const { tally, totals, table } = setUp();
    const other = deterministicId('ws', ['refused']);
    const sent = (number: number, workspaceId?: string) =>
      eventRow(0, { message_id: `m-${number}`, ...(workspaceId && { workspace_id: workspaceId }) });
    const records = stream([sent(1), sent(2, other), sent(3)]);
    table.before = (command, input) => {
      if (command === 'TransactWriteCommand' && JSON.stringify(input).includes(other)) throw refusal();
    };
    const report = await tally(records);
    expect(report).toMatchObject({ counted: 2, unreadable: [records[1]?.dynamodb?.Keys] });
    expect((await totals()).sent).toBe(2);
    // The checkpoint is after all three records, so the batch adds nothing when it arrives again.
    expect(await tally(records)).toMatchObject({ counted: 0, repeated: 3, unreadable: [] });
    expect((await totals()).sent).toBe(2);
  });

  it('throws an internal error, and counts nothing that the checkpoint does not include', async () => {
    const { tally, totals, table } = setUp();
    const rows = Array.from({ length: 150 }, (_, number) =>
      eventRow(0, { message_id: `m-${number}`, workspace_id: deterministicId('ws', [String(number)]) }),
    );
    const mine = [eventRow(EVENT_NAMES.length), ...rows];
    let transactions = 0;
    table.before = (command) => {
      if (command === 'TransactWriteCommand' && (transactions += 1) === 2) throw new Error('throttled');
    };
    await expect(tally(stream(mine))).rejects.toThrow('throttled');
    table.before = () => {};
    await tally(stream(mine));
    expect((await totals()).sent).toBe(1);
    const counted = [...table.rows.values()].filter((row) => row['kind'] === 'counters');
    // Each event is counted once by hour and once by day.
    expect(counted.reduce((sum, row) => sum + Number(row['sent']), 0)).toBe(2 * mine.length);
  });

  it('equals a recount of the rows, even if batches are split, repeated or fail before or after the write', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            number: fc.nat(500),
            kind: fc.constantFrom('event', 'attempt', 'delivery', 'held'),
            failed: fc.boolean(),
            to: fc.constantFrom(
              'ann@example.com',
              'bounce@customer.example',
              'Bounce+1@Simulator.AmazonSES.com',
            ),
            details: fc.constantFrom({}, { automated: true as const }),
            rawText: fc.constantFrom(undefined, '{}'),
          }),
          { minLength: 1, maxLength: 60 },
        ),
        fc.array(
          fc.record({
            size: fc.integer({ min: 1, max: 20 }),
            back: fc.nat(10),
            failure: fc.constantFrom('none', 'before the write', 'after the write'),
          }),
          { maxLength: 40 },
        ),
        async (rowSpecs, steps) => {
          const { tally, totals, atEndpoint, table } = setUp();
          const rows = await Promise.all(
            rowSpecs.map(async ({ number, kind, failed, to, details, rawText }, index) => {
              const attempt = {
                duration_ms: number,
                ...(failed && { error_class: 'timeout' as const }),
              };
              if (kind === 'attempt') return attemptRow(index, attempt);
              if (kind === 'delivery') return deliveryRow(index, attempt);
              if (kind === 'held') return heldRow(index);
              return eventRow(number, { message_id: `m-${index}`, to, details }, rawText);
            }),
          );
          const records = stream(rows);
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
          let done = 0;
          for (const step of steps) {
            failure = step.failure;
            const from = Math.max(0, done - step.back);
            const report = await tally(records.slice(from, done + step.size)).catch(() => undefined);
            if (report) done = Math.min(records.length, done + step.size);
          }
          failure = 'none';
          await tally(records.slice(done));
          const attempts = rowSpecs.filter(({ kind }) => kind === 'attempt' || kind === 'delivery');
          for (const interval of ['hour', 'day'] as const) {
            expect(await totals(interval)).toEqual(recount(rows));
            const counted = await atEndpoint(interval);
            expect(counted.attempts).toBe(attempts.length);
            expect(counted.failures).toBe(attempts.filter(({ failed }) => failed).length);
            expect(Object.values(counted.durations).reduce((sum, count) => sum + count, 0)).toBe(
              attempts.length,
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
