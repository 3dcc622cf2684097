import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { ingestBatch } from '../../lambdas/ingest/ingest-batch.ts';
import { firstDelayEvent } from '../../lambdas/store/first-delays.ts';
import { workspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { sqsRecord } from '../../sim/builders/lambda-events.ts';
import { deliveryDelayEvent, sendEvent, type AcceptedEmail } from '../../sim/ses/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const ACCEPTED_MS = Date.parse('2026-02-25T12:00:00Z');
const TO = ['ann@gmail.com', 'bob@gmail.com'];
const EMAIL: AcceptedEmail = {
  messageId: '0100019c-first-delay',
  acceptedAtMs: ACCEPTED_MS,
  source: 'you@yourdomain.com',
  to: TO,
  subject: 'Hello',
  tags: { campaign: 'spring' },
  configurationSet: 'marketing',
  operation: 'SendEmail',
};

function delay(to: readonly string[], minutes: number): SQSRecord {
  const atMs = ACCEPTED_MS + minutes * 60_000;
  const ses = deliveryDelayEvent(EMAIL, to, { atMs, expiresAtMs: atMs + 3_600_000 });
  return sqsRecord(`delay-${minutes}`, JSON.stringify(ses), atMs);
}

function setUp() {
  const table = simulatedTable();
  const workspaces = workspaceDirectory(table, () => ACCEPTED_MS);
  const deps = {
    table,
    workspaces,
    retentionDays: 90,
    topicArn: 'arn:aws:sns:us-east-1:000000000000:ivymail',
  };
  return { table, ingest: (...records: readonly SQSRecord[]) => ingestBatch(deps, records) };
}

function marks(table: SimulatedTable) {
  return [...table.rows.values()].filter((row) => row['kind'] === 'first_delay');
}

describe('ingestBatch stores the first delay', () => {
  it('of each recipient once, with what tally counts, in no index', async () => {
    const { table, ingest } = setUp();
    await ingest(delay(TO, 1), delay(TO, 2));
    await ingest(delay(TO, 3), delay(TO, 1));
    const rows = marks(table);
    expect(rows.map(firstDelayEvent).map(({ to }) => to)).toEqual(TO);
    expect(firstDelayEvent(rows[0] ?? { pk: '', sk: '' })).toMatchObject({
      event: 'delayed',
      message_id: EMAIL.messageId,
      timestamp: '2026-02-25T12:01:00Z',
      from: EMAIL.source,
      tags: [['campaign', 'spring']],
      configuration_set: 'marketing',
    });
    for (const row of rows) expect(Object.keys(row)).not.toContain('g1pk');
    for (const row of rows) expect(Object.keys(row)).not.toContain('g2pk');
  });

  it('with the expiry time of its event, and writes nothing for other events', async () => {
    const { table, ingest } = setUp();
    await ingest(
      delay(['ann@gmail.com'], 1),
      sqsRecord('sent', JSON.stringify(sendEvent(EMAIL)), ACCEPTED_MS),
    );
    const event = [...table.rows.values()].find(
      (row) => row['event'] === 'delayed' && row['kind'] === 'event',
    );
    expect(marks(table).map(({ ttl }) => ttl)).toEqual([event?.['ttl']]);
    expect(table.calls.filter((call) => call === 'PutCommand')).toHaveLength(1);
  });

  it('again if the write failed: SQS delivers only that message again', async () => {
    const { table, ingest } = setUp();
    table.before = (command) => {
      if (command === 'PutCommand') throw new Error('throttled');
    };
    const sent = sqsRecord('sent', JSON.stringify(sendEvent(EMAIL)), ACCEPTED_MS);
    const report = await ingest(delay(TO, 1), sent);
    expect(report.failedMessageIds).toEqual(['delay-1']);
    expect(report.error?.message).toBe('throttled');
    table.before = () => {};
    expect((await ingest(delay(TO, 1))).failedMessageIds).toEqual([]);
    expect(marks(table)).toHaveLength(2);
  });

  it('only after its event is stored', async () => {
    const { table, ingest } = setUp();
    table.before = (command) => {
      if (command === 'BatchWriteCommand')
        throw Object.assign(new Error('throttled'), { name: 'ThrottlingException' });
    };
    expect((await ingest(delay(TO, 1))).failedMessageIds).toEqual(['delay-1']);
    expect(table.rows.size).toBe(0);
  });
});
