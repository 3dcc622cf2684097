import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { EmailEvent } from '../../../lambdas/core/events.ts';
import { timelinesOf } from '../../../lambdas/core/message-status.ts';
import { normalize, type UnownedEvent } from '../../../lambdas/ingest/normalize.ts';
import { parseSesMessage } from '../../../lambdas/ingest/ses-message.ts';
import { DEFAULT_WORKSPACE_ID } from '../../../lambdas/core/ids.ts';
import { ingestBatch } from '../../../lambdas/ingest/ingest-batch.ts';
import { KIND } from '../../../lambdas/store/keys.ts';
import { tallyBatch } from '../../../lambdas/tally/tally-batch.ts';
import { workspaceDirectory } from '../../../lambdas/store/workspaces.ts';
import {
  bounceEvent,
  clickEvent,
  complaintEvent,
  deliveryDelayEvent,
  deliveryEvent,
  openEvent,
  sendEvent,
  sesMessageId,
  type AcceptedEmail,
  type SesEvent,
} from '../../../sim/ses/events.ts';
import { simulatedTable } from '../../../sim/table.ts';
import { Dice, seededRandom } from '../../../sim/random.ts';
import {
  expectedCounters,
  randomLifecycle,
  expectedStatus,
  type PublishedMessage,
} from '../../../sim/ses/email-lifecycle.ts';
import { streamRecord } from '../../../sim/builders/lambda-events.ts';
import { SEED, sized } from '../size.ts';
import { fault } from './fault.ts';

const AT_MS = 1_772_000_000_000;
const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:ours';

/** Ingests the messages in this order, tallies every row twice, and returns the sum of each counter over all days. */
async function countersOf(bodies: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const table = simulatedTable();
  const stream: DynamoDBRecord[] = [];
  table.onInsert = (row) => {
    if (row['kind'] === KIND.event) stream.push(streamRecord(row, stream.length + 1));
  };
  const deps = {
    table,
    workspaces: workspaceDirectory(table, () => AT_MS),
    retentionDays: 90,
    topicArn: TOPIC_ARN,
  };
  const records = bodies.map((body, index) => ({
    messageId: `m${index}`,
    body,
    attributes: { SentTimestamp: String(AT_MS) },
  })) as unknown as SQSRecord[];
  for (let from = 0; from < records.length; from += 10)
    await ingestBatch(deps, records.slice(from, from + 10));
  for (let time = 0; time < 2; time += 1)
    await tallyBatch({ table, retentionDays: 90, now: () => AT_MS }, { shardId: 'shard', records: stream });
  const sums: Record<string, number> = {};
  for (const row of table.rows.values())
    if (row['kind'] === KIND.counters && row.pk.includes('day'))
      for (const [name, value] of Object.entries(row))
        if (typeof value === 'number' && name !== 'ttl') sums[name] = (sums[name] ?? 0) + value;
  return sums;
}

const OPENED = ['opened', 'opened_automated'];

/** Every event type for one email to one recipient, in the order in which the events occurred. */
function fullLife(): readonly PublishedMessage[] {
  const [to, workspaceId] = ['one@example.com', DEFAULT_WORKSPACE_ID];
  const messageId = sesMessageId(AT_MS, '1'.repeat(32));
  const email: AcceptedEmail = {
    messageId,
    acceptedAtMs: AT_MS,
    source: 'you@example.com',
    to: [to],
    configurationSet: 'set',
    operation: 'SendEmail',
  };
  const at = (minutes: number): number => AT_MS + minutes * 60_000;
  const visit = (minutes: number) => ({ atMs: at(minutes), ipAddress: '192.0.2.1', userAgent: 'Mail' });
  const events: readonly (readonly [string, SesEvent])[] = [
    ['sent', sendEvent(email)],
    ['delayed', deliveryDelayEvent(email, [to], { atMs: at(1), expiresAtMs: at(60) })],
    ['delivered', deliveryEvent(email, [to], at(2))],
    ['opened', openEvent(email, { ...visit(3), isBotEvent: 'Likely' })],
    ['clicked', clickEvent(email, { ...visit(4), isBotEvent: 'Unlikely' }, 'https://example.com/')],
    [
      'soft_bounced',
      bounceEvent(email, [to], { atMs: at(5), bounce: { type: 'Transient', subType: 'General' } }),
    ],
    ['bounced', bounceEvent(email, [to], { atMs: at(6), bounce: { type: 'Permanent', subType: 'General' } })],
    ['complained', complaintEvent(email, [to], { atMs: at(7), complaint: { subType: null } })],
  ];
  return events.map(([event, ses]) => ({
    atMs: AT_MS,
    body: JSON.stringify(ses),
    expectedEvents: [{ messageId, to, event, workspaceId, counters: event === 'opened' ? OPENED : [event] }],
  }));
}

function eventsOf(body: string): readonly UnownedEvent[] {
  const message = parseSesMessage(body);
  if (message.kind !== 'event') throw new Error('The body contains no event');
  return normalize(message.ses).events;
}

/**
 * Expects the status and the counters of the facts for every order of the published messages. A run contains each message twice, or
 * only some of them.
 */
async function expectSameResult(
  published: readonly PublishedMessage[],
  { seed, numRuns }: { seed: number; numRuns: number },
) {
  const twice = [...published, ...published];
  const orders = fc.oneof(
    fc.shuffledSubarray(twice, { minLength: twice.length }),
    fc.shuffledSubarray(twice, { minLength: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(orders, async (shuffled) => {
      const facts = new Map(
        shuffled.flatMap((each) => each.expectedEvents).map((fact) => [`${fact.to} ${fact.event}`, fact]),
      );
      const expected: Record<string, number> = {};
      for (const name of [...facts.values()].flatMap(expectedCounters))
        expected[name] = (expected[name] ?? 0) + 1;
      const events = shuffled.flatMap(({ body }) =>
        eventsOf(body).map((event): EmailEvent => ({ ...event, workspace_id: 'ws_a' })),
      );
      for (const { to, status } of timelinesOf(events)) {
        const recipientFacts = [...facts.values()].filter((fact) => fact.to === to);
        expect(status).toBe(expectedStatus(recipientFacts.map(({ event }) => event)));
      }
      expect(await countersOf(shuffled.map(({ body }) => body))).toEqual(expected);
    }),
    { seed, numRuns },
  );
}

describe('SES events', () => {
  fault(34, async () => {
    const lives = sized(300, 10_000);
    const dice = new Dice(seededRandom(SEED));
    const orders = { full: sized(300, 10_000), each: 5 };
    const full = fullLife();
    expect(new Set(full.map(({ body }) => (JSON.parse(body) as SesEvent).eventType)).size).toBe(7);
    await expectSameResult(full, { seed: SEED, numRuns: orders.full });
    for (let life = 0; life < lives; life += 1) {
      const published = randomLifecycle(dice, { acceptedAtMs: AT_MS, workspaceId: DEFAULT_WORKSPACE_ID });
      await expectSameResult(
        published.filter((each) => !each.unreadable),
        { seed: SEED + life, numRuns: orders.each },
      );
    }
    return `${orders.full} orders of the events of one email with all seven types, ${lives * orders.each} orders of the events of ${lives} other emails, with repetitions and gaps: always the same status and the same counters`;
  });

  fault(36, async () => {
    const table = simulatedTable();
    const envelope = (TopicArn: string): string =>
      JSON.stringify({ Type: 'Notification', MessageId: '1', TopicArn, Message: '{"eventType":"Send"}' });
    const foreign = ['arn:aws:sns:us-east-1:999999999999:ours', 'arn:aws:sns:us-east-1:000000000000:other'];
    const records = foreign.map((arn, index) => ({
      messageId: `m${index}`,
      body: envelope(arn),
      attributes: { SentTimestamp: '1772000000000' },
    })) as unknown as SQSRecord[];
    const deps = {
      table,
      workspaces: workspaceDirectory(table, () => 0),
      retentionDays: 90,
      topicArn: TOPIC_ARN,
    };
    const { counts, failedMessageIds } = await ingestBatch(deps, records);
    const reasons = [...table.rows.values()].map((row) => row['reason']);
    expect(reasons).toEqual(foreign.map(() => 'foreign_topic'));
    expect([counts.events, failedMessageIds]).toEqual([0, []]);
    return `${counts.quarantined} quarantined as foreign_topic, ${counts.events} events; test/lib tests the policies`;
  });
});
