import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { toEmailEvent } from '../../lambdas/store/event-rows.ts';
import { ingestBatch, type IngestDeps } from '../../lambdas/ingest/ingest-batch.ts';
import { configurationSetKey, messagePartition, workspaceKey } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { quarantinedBody } from '../../lambdas/store/quarantine.ts';
import { workspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { deliveryEvent, sendEvent, type AcceptedEmail } from '../../sim/ses/events.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:ivymail';
const ACCEPTED_MS = Date.parse('2026-02-25T12:00:00Z');
const DAY_MS = 86_400_000;
const CONFIGURATION_SET = 'tracking';
const UNKNOWN_WORKSPACE = `ws_${'z'.repeat(26)}`;

function anEmail(number: number, changes: Partial<AcceptedEmail> = {}): AcceptedEmail {
  return {
    messageId: `0100019c-${String(number).padStart(4, '0')}-000000`,
    acceptedAtMs: ACCEPTED_MS,
    source: 'You <you@yourdomain.com>',
    to: ['ann@example.com'],
    subject: 'Hello',
    configurationSet: CONFIGURATION_SET,
    operation: 'SendEmail',
    ...changes,
  };
}

function aRecord(sqsId: string, body: string, sentMs: number = ACCEPTED_MS + 1000): SQSRecord {
  return {
    messageId: sqsId,
    receiptHandle: `receipt-${sqsId}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(sentMs),
      SenderId: 'sns',
      ApproximateFirstReceiveTimestamp: String(sentMs),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:ingest',
    awsRegion: 'us-east-1',
  };
}

/** An SNS message as the queue receives it. */
function envelope(message: string, topicArn: string = TOPIC): string {
  return JSON.stringify({ Type: 'Notification', MessageId: 'sns-1', TopicArn: topicArn, Message: message });
}

function sent(sqsId: string, ses: object, sentMs?: number): SQSRecord {
  return aRecord(sqsId, envelope(JSON.stringify(ses)), sentMs);
}

function setUp(retentionDays = 90): { table: SimulatedTable; deps: IngestDeps } {
  const table = simulatedTable();
  const workspaces = workspaceDirectory(table, () => ACCEPTED_MS);
  return { table, deps: { table, workspaces, retentionDays, topicArn: TOPIC } };
}

function rowsOf(table: SimulatedTable, kind: string): Row[] {
  return [...table.rows.values()].filter((row) => row['kind'] === kind);
}

function storedMessages(table: SimulatedTable): string[] {
  return [...new Set(rowsOf(table, 'event').map((row) => toEmailEvent(row).message_id))].toSorted();
}

function writtenRows(input: unknown): Row[] {
  const { RequestItems: requests } = input as {
    RequestItems: { table: { PutRequest: { Item: Row } }[] };
  };
  return requests.table.map((request) => request.PutRequest.Item);
}

function namedError(name: string): Error {
  return Object.assign(new Error(name), { name });
}

function recordsOf(emails: readonly AcceptedEmail[]): SQSRecord[] {
  return emails.map((email, index) => sent(`sqs-${index}`, sendEvent(email)));
}

describe('ingestBatch', () => {
  it('makes one row for each recipient of each SES event', async () => {
    const { table, deps } = setUp();
    const both = anEmail(1, { to: ['Ann@example.com', 'ben+news@example.com'] });
    const report = await ingestBatch(deps, [
      sent('a', sendEvent(both)),
      sent('b', deliveryEvent(both, ['ben+news@example.com'], ACCEPTED_MS + 1500)),
      sent('c', sendEvent(anEmail(2))),
    ]);
    expect(report).toEqual({
      failedMessageIds: [],
      counts: { messages: 3, events: 4, quarantined: 0, failed: 0, unknown_tags: 0, unknown_events: 0 },
    });
    const stored = rowsOf(table, 'event')
      .map(toEmailEvent)
      .map(({ message_id, event, to, timestamp }) => [message_id, event, to, timestamp]);
    expect(stored).toHaveLength(4);
    expect(stored).toEqual(
      expect.arrayContaining([
        [both.messageId, 'sent', 'Ann@example.com', '2026-02-25T12:00:00Z'],
        [both.messageId, 'sent', 'ben+news@example.com', '2026-02-25T12:00:00Z'],
        [both.messageId, 'delivered', 'ben+news@example.com', '2026-02-25T12:00:01.500Z'],
        [anEmail(2).messageId, 'sent', 'ann@example.com', '2026-02-25T12:00:00Z'],
      ]),
    );
  });

  it('stores the same rows for the SNS envelope, raw delivery and the SNS record of a Lambda function', async () => {
    const text = JSON.stringify(sendEvent(anEmail(1)));
    const forLambda = {
      EventSource: 'aws:sns',
      Sns: { Type: 'Notification', TopicArn: TOPIC, Message: text },
    };
    const rows = await Promise.all(
      [envelope(text), text, JSON.stringify(forLambda)].map(async (body) => {
        const { table, deps } = setUp();
        expect((await ingestBatch(deps, [aRecord('a', body)])).counts.events).toBe(1);
        return [...table.rows.entries()];
      }),
    );
    expect(rows[0]).toHaveLength(1);
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[0]);
  });

  it('stores the same rows if a message arrives three times, in one batch or in later batches', async () => {
    const { table, deps } = setUp();
    const ses = sendEvent(anEmail(1, { to: ['ann@example.com', 'ben@example.com'] }));
    await ingestBatch(deps, [sent('a', ses)]);
    const once = structuredClone([...table.rows.entries()]);
    expect(rowsOf(table, 'event')).toHaveLength(2);

    const again = await ingestBatch(deps, [
      sent('a', ses),
      sent('b', ses),
      sent('c', ses, ACCEPTED_MS + DAY_MS),
    ]);
    expect(again.failedMessageIds).toEqual([]);
    expect([...table.rows.entries()]).toEqual(once);

    const fresh = setUp();
    await ingestBatch(fresh.deps, [sent('a', ses), sent('b', ses), sent('c', ses)]);
    expect([...fresh.table.rows.entries()]).toEqual(once);
  });

  it.each([
    ['text that is not JSON', 'not_json', 'hello {'],
    ['a JSON array', 'not_an_object', '[1, 2]'],
    ['an object without eventType', 'not_ses', envelope(JSON.stringify({ mail: { messageId: 'm' } }))],
    [
      'an event from a foreign topic',
      'foreign_topic',
      envelope(JSON.stringify(sendEvent(anEmail(9))), 'arn:aws:sns:us-east-1:111111111111:foreign'),
    ],
    [
      'an event whose message id has a space',
      'bad_message_id',
      envelope(JSON.stringify(sendEvent(anEmail(9, { messageId: 'two words' })))),
    ],
    [
      'an event whose message id is too long for a key',
      'bad_message_id',
      envelope(JSON.stringify(sendEvent(anEmail(9, { messageId: 'x'.repeat(2000) })))),
    ],
  ])(
    'quarantines %s as %s with its whole body, and stores the rest of the batch',
    async (_case, reason, body) => {
      const { table, deps } = setUp();
      const report = await ingestBatch(deps, [
        sent('a', sendEvent(anEmail(1))),
        aRecord('b', body),
        sent('c', sendEvent(anEmail(2))),
      ]);
      expect(report.failedMessageIds).toEqual([]);
      expect(report.counts).toMatchObject({ events: 2, quarantined: 1, failed: 0 });
      expect(storedMessages(table)).toEqual([anEmail(1).messageId, anEmail(2).messageId]);
      const quarantined = rowsOf(table, 'quarantine');
      expect(quarantined.map((row) => row['reason'])).toEqual([reason]);
      expect(quarantined.map(quarantinedBody)).toEqual([body]);
    },
  );

  it('stores one quarantine row for a message that arrives several times', async () => {
    const { table, deps } = setUp();
    await ingestBatch(deps, [aRecord('a', '[]'), aRecord('a', '[]')]);
    await ingestBatch(deps, [aRecord('a', '[]')]);
    expect(rowsOf(table, 'quarantine')).toHaveLength(1);
    await ingestBatch(deps, [aRecord('other', '[]')]);
    expect(rowsOf(table, 'quarantine')).toHaveLength(2);
  });

  it.each([
    ['the validation message of SES', 'Successfully validated SNS topic for Amazon SES event publishing.'],
    [
      'AmazonSnsSubscriptionSucceeded',
      JSON.stringify({ notificationType: 'AmazonSnsSubscriptionSucceeded', message: 'You have subscribed' }),
    ],
  ])('acknowledges %s and stores nothing', async (_case, text) => {
    const { table, deps } = setUp();
    const report = await ingestBatch(deps, [aRecord('a', text), aRecord('b', envelope(text))]);
    expect(report.failedMessageIds).toEqual([]);
    expect(report.counts).toMatchObject({ messages: 2, events: 0, quarantined: 0, failed: 0 });
    expect(table.rows.size).toBe(0);
  });

  it('stores and counts an event type that SES adds later', async () => {
    const { table, deps } = setUp();
    const ses = { ...sendEvent(anEmail(1)), eventType: 'Teleported' };
    const report = await ingestBatch(deps, [sent('a', ses)]);
    expect(report.counts).toMatchObject({ events: 1, unknown_events: 1, quarantined: 0 });
    expect(rowsOf(table, 'event').map((row) => row['event'])).toEqual(['unknown']);
  });

  it('reports exactly the messages with rows in a failed write, and stores them when they arrive again', async () => {
    const { table, deps } = setUp();
    // Each email has three rows (two events and a raw event), so a write of 25 rows ends in the middle of an email.
    const emails = Array.from({ length: 20 }, (_, number) =>
      anEmail(number, { to: ['ann@example.com', 'ben@example.com'] }),
    );
    let writes = 0;
    table.before = (command) => {
      if (command !== 'BatchWriteCommand') return;
      writes += 1;
      if (writes === 2) throw namedError('ThrottlingException');
    };
    const records = recordsOf(emails);
    const report = await ingestBatch(deps, records);

    const isComplete = (email: AcceptedEmail): boolean =>
      [...table.rows.values()].filter(
        (row) => row.pk === messagePartition(DEFAULT_WORKSPACE_ID, email.messageId),
      ).length === 3;
    const incomplete = records.filter((_, index) => {
      const email = emails[index];
      return email !== undefined && !isComplete(email);
    });
    expect(writes).toBeGreaterThan(2);
    expect(incomplete.length).toBeGreaterThan(0);
    expect(incomplete.length).toBeLessThan(emails.length);
    expect(report.failedMessageIds.toSorted()).toEqual(
      incomplete.map((record) => record.messageId).toSorted(),
    );
    expect(report.counts.failed).toBe(incomplete.length);
    expect(rowsOf(table, 'quarantine')).toEqual([]);

    expect((await ingestBatch(deps, incomplete)).failedMessageIds).toEqual([]);
    expect(emails.every(isComplete)).toBe(true);
  });

  it('reports every message, including quarantined ones, if every write fails', async () => {
    const { table, deps } = setUp();
    table.before = (command) => {
      if (command === 'BatchWriteCommand') throw namedError('ProvisionedThroughputExceededException');
    };
    const notice = 'Successfully validated SNS topic for Amazon SES event publishing.';
    const report = await ingestBatch(deps, [
      sent('a', sendEvent(anEmail(1))),
      aRecord('b', 'garbage'),
      aRecord('c', notice),
    ]);
    // A notice causes no rows, so it cannot fail.
    expect(report.failedMessageIds.toSorted()).toEqual(['a', 'b']);
    expect(report.error).toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    expect(table.rows.size).toBe(0);
  });

  it('quarantines a message as unwritable if DynamoDB refuses one of its rows, and stores the rest of the batch', async () => {
    const { table, deps } = setUp();
    table.before = (command, input) => {
      if (command !== 'BatchWriteCommand') return;
      const refused = writtenRows(input).some(
        (row) => row.pk.startsWith('M#') && row.pk.includes(anEmail(2).messageId),
      );
      if (refused) throw namedError('ValidationException');
    };
    const records = recordsOf([anEmail(1), anEmail(2), anEmail(3)]);
    const report = await ingestBatch(deps, records);
    expect(report.failedMessageIds).toEqual([]);
    expect(report.error).toBeUndefined();
    expect(report.counts).toMatchObject({ quarantined: 1, failed: 0 });
    expect(storedMessages(table)).toEqual([anEmail(1).messageId, anEmail(3).messageId]);
    const quarantined = rowsOf(table, 'quarantine');
    expect(quarantined.map((row) => row['reason'])).toEqual(['unwritable']);
    expect(quarantined.map(quarantinedBody)).toEqual([records[1]?.body]);
  });

  it('reports a refused message that could not be quarantined either', async () => {
    const { table, deps } = setUp();
    table.before = (command, input) => {
      if (command !== 'BatchWriteCommand') return;
      const rows = writtenRows(input);
      if (rows.some((row) => row.pk.startsWith('Q#'))) throw namedError('ThrottlingException');
      if (rows.some((row) => row.pk.includes(anEmail(2).messageId))) throw namedError('ValidationException');
    };
    const report = await ingestBatch(deps, recordsOf([anEmail(1), anEmail(2)]));
    expect(report.failedMessageIds).toEqual(['sqs-1']);
    expect(report.error).toMatchObject({ name: 'ThrottlingException' });
    expect(report.counts).toMatchObject({ quarantined: 0, failed: 1 });
    expect(storedMessages(table)).toEqual([anEmail(1).messageId]);
  });

  it('reports only the message whose workspace could not be looked up', async () => {
    const { table, deps } = setUp();
    const { pk } = configurationSetKey('unreachable');
    table.before = (command, input) => {
      if (command === 'GetCommand' && input.Key?.pk === pk) throw namedError('ThrottlingException');
    };
    const records = recordsOf([anEmail(1), anEmail(2, { configurationSet: 'unreachable' }), anEmail(3)]);
    const report = await ingestBatch(deps, records);
    expect(report.failedMessageIds).toEqual(['sqs-1']);
    expect(report.error).toMatchObject({ name: 'ThrottlingException' });
    expect(storedMessages(table)).toEqual([anEmail(1).messageId, anEmail(3).messageId]);
    expect(rowsOf(table, 'quarantine')).toEqual([]);

    table.before = () => {};
    expect((await ingestBatch(deps, records.slice(1, 2))).failedMessageIds).toEqual([]);
    expect(storedMessages(table)).toContain(anEmail(2).messageId);
  });
});

describe('the workspace of an event', () => {
  const OTHER_WORKSPACE = `ws_${'b'.repeat(26)}`;

  async function ownerOf(email: AcceptedEmail): Promise<{ owner: string | undefined; unknownTags: number }> {
    const { table, deps } = setUp();
    const workspaceRows: Row[] = [
      { ...workspaceKey(WORKSPACE_ID), kind: 'workspace' },
      { ...workspaceKey(OTHER_WORKSPACE), kind: 'workspace' },
      { ...configurationSetKey('tenant-set'), kind: 'configuration_set', workspace_id: OTHER_WORKSPACE },
    ];
    for (const row of workspaceRows) table.rows.set(`${row.pk}\n${row.sk}`, row);
    const report = await ingestBatch(deps, [sent('a', sendEvent(email))]);
    expect(report.failedMessageIds).toEqual([]);
    const [row] = rowsOf(table, 'event');
    return { owner: row && toEmailEvent(row).workspace_id, unknownTags: report.counts.unknown_tags };
  }

  it('is the workspace in the tag, even if the configuration set has an owner', async () => {
    const email = anEmail(1, { tags: { ivymail_workspace: WORKSPACE_ID }, configurationSet: 'tenant-set' });
    expect(await ownerOf(email)).toEqual({ owner: WORKSPACE_ID, unknownTags: 0 });
  });

  it('is the owner of the configuration set if there is no tag', async () => {
    expect(await ownerOf(anEmail(1, { configurationSet: 'tenant-set' }))).toEqual({
      owner: OTHER_WORKSPACE,
      unknownTags: 0,
    });
  });

  it('is the default workspace if there is no tag and the configuration set has no owner', async () => {
    expect(await ownerOf(anEmail(1))).toEqual({ owner: DEFAULT_WORKSPACE_ID, unknownTags: 0 });
  });

  it.each([UNKNOWN_WORKSPACE, 'not-an-id'])(
    'is the default workspace if the tag %s is unknown, and the tag is counted',
    async (tag) => {
      expect(await ownerOf(anEmail(1, { tags: { ivymail_workspace: tag } }))).toEqual({
        owner: DEFAULT_WORKSPACE_ID,
        unknownTags: 1,
      });
    },
  );

  it('is the owner of the configuration set if the tag is unknown, and the tag is counted', async () => {
    const email = anEmail(1, {
      tags: { ivymail_workspace: UNKNOWN_WORKSPACE },
      configurationSet: 'tenant-set',
    });
    expect(await ownerOf(email)).toEqual({ owner: OTHER_WORKSPACE, unknownTags: 1 });
  });
});

describe('the TTL of a row', () => {
  it.each([90, 7, 365])('is %i days, in seconds, from the time of the event', async (retentionDays) => {
    const { table, deps } = setUp(retentionDays);
    const deliveredMs = ACCEPTED_MS + 3_600_000;
    const email = anEmail(1, { to: ['ann@example.com', 'ben@example.com'] });
    await ingestBatch(deps, [sent('a', deliveryEvent(email, email.to, deliveredMs), deliveredMs)]);
    const ttls = [...table.rows.values()].map((row) => row['ttl']);
    expect(ttls).toHaveLength(3);
    expect(new Set(ttls)).toEqual(new Set([deliveredMs / 1000 + retentionDays * 86_400]));
  });

  it('is the same if the message arrives days later', async () => {
    const early = setUp();
    const late = setUp();
    await ingestBatch(early.deps, [sent('a', sendEvent(anEmail(1)))]);
    await ingestBatch(late.deps, [sent('a', sendEvent(anEmail(1)), ACCEPTED_MS + 30 * DAY_MS)]);
    expect(early.table.rows.size).toBe(1);
    expect([...late.table.rows.values()]).toEqual([...early.table.rows.values()]);
  });
});

describe('a batch with one bad message', () => {
  const three = () => [1, 2, 3].map((number) => sent(`sqs-${number}`, sendEvent(anEmail(number))));

  /** Every write with a row of the second message fails. */
  function breakSecond(table: SimulatedTable, error: Error): void {
    table.before = (command, input) => {
      const rows = command === 'BatchWriteCommand' ? writtenRows(input) : [];
      if (rows.some((row) => row['kind'] === 'event' && row.pk.includes('-0002-'))) throw error;
    };
  }

  it.each([
    ['a plain Error, which the marshaller throws', new Error('Unsupported type passed')],
    ['ValidationException', Object.assign(new Error('Too large'), { name: 'ValidationException' })],
  ])(
    'quarantines that message and stores the rest in the same invocation, after %s',
    async (_case, error) => {
      const { table, deps } = setUp();
      breakSecond(table, error);
      const report = await ingestBatch(deps, three());
      expect(report).toMatchObject({ failedMessageIds: [], counts: { quarantined: 1, failed: 0 } });
      expect(storedMessages(table)).toEqual([anEmail(1).messageId, anEmail(3).messageId]);
      const [quarantined] = rowsOf(table, 'quarantine');
      expect(quarantined).toMatchObject({ reason: 'unwritable' });
      expect(quarantined?.['detail']).toContain(error.message);
      expect(quarantinedBody(quarantined as Row)).toBe(three()[1]?.body);
    },
  );

  it.each([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'KMSDisabledException',
    'CredentialsProviderError',
    'NeverSeenException',
  ])(
    'returns every message to the queue and quarantines nothing if every write fails with %s',
    async (name) => {
      const { table, deps } = setUp();
      table.before = (command) => {
        if (command === 'BatchWriteCommand') throw Object.assign(new Error('No'), { name });
      };
      const report = await ingestBatch(deps, three());
      expect(report.failedMessageIds).toEqual(['sqs-1', 'sqs-2', 'sqs-3']);
      expect(report.error?.name).toBe(name);
      expect(report.counts).toMatchObject({ quarantined: 0, failed: 3 });
      expect(table.rows.size).toBe(0);
    },
  );

  it('quarantines messages dated more than a day after they were received, and stores the rest', async () => {
    const { table, deps } = setUp();
    const receivedMs = ACCEPTED_MS + 1000;
    const dated = (number: number, aheadMs: number) =>
      sent(`sqs-${number}`, sendEvent(anEmail(number, { acceptedAtMs: receivedMs + aheadMs })));
    const report = await ingestBatch(deps, [
      dated(1, DAY_MS),
      dated(2, DAY_MS + 1000),
      dated(3, 73 * 365 * DAY_MS),
      dated(4, 0),
    ]);
    expect(report).toMatchObject({ failedMessageIds: [], counts: { quarantined: 2, events: 2 } });
    expect(storedMessages(table)).toEqual([anEmail(1).messageId, anEmail(4).messageId]);
    expect(rowsOf(table, 'quarantine').map((row) => row['reason'])).toEqual([
      'bad_timestamp',
      'bad_timestamp',
    ]);
  });
});

describe('an SES event in an EventBridge envelope', () => {
  const eventBridge = (detail: unknown, detailType = 'Email Sent') =>
    JSON.stringify({
      version: '0',
      id: 'b8b1a3c0-7c4f-4d8e-9f0a-1b2c3d4e5f60',
      'detail-type': detailType,
      source: 'aws.ses',
      account: '123456789012',
      time: '2026-02-25T12:00:00Z',
      region: 'us-east-1',
      resources: [],
      detail,
    });

  it.each([
    ['in an SNS envelope', (text: string) => envelope(text)],
    ['with raw delivery', (text: string) => text],
  ])('causes the same rows as the SES event alone: %s', async (_case, wrap) => {
    const ses = sendEvent(anEmail(1));
    const plain = setUp();
    await ingestBatch(plain.deps, [sent('sqs-1', ses)]);
    const wrapped = setUp();
    await ingestBatch(wrapped.deps, [aRecord('sqs-1', wrap(eventBridge(ses)))]);
    expect([...wrapped.table.rows.keys()]).toEqual([...plain.table.rows.keys()]);
    expect(rowsOf(wrapped.table, 'event')).toEqual(rowsOf(plain.table, 'event'));
  });

  it('is quarantined if it arrives from a foreign topic or contains no SES event', async () => {
    const { table, deps } = setUp();
    await ingestBatch(deps, [
      aRecord('sqs-1', envelope(eventBridge(sendEvent(anEmail(1))), `${TOPIC}-other`)),
      aRecord('sqs-2', eventBridge({ version: '1.0.0', data: {} }, 'Advisor Recommendation Status Open')),
    ]);
    const reasons = new Set(rowsOf(table, 'quarantine').map((row) => row['reason']));
    expect(reasons).toEqual(new Set(['foreign_topic', 'not_ses']));
  });
});
