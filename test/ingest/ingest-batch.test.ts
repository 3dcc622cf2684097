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

function aMail(number: number, changes: Partial<AcceptedEmail> = {}): AcceptedEmail {
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

/** As SNS hands it to the queue. */
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

function fault(name: string): Error {
  return Object.assign(new Error(name), { name });
}

function recordsOf(mails: readonly AcceptedEmail[]): SQSRecord[] {
  return mails.map((mail, index) => sent(`sqs-${index}`, sendEvent(mail)));
}

describe('ingestBatch', () => {
  it('makes one row for each recipient of each SES event', async () => {
    const { table, deps } = setUp();
    const both = aMail(1, { to: ['Ann@example.com', 'ben+news@example.com'] });
    const report = await ingestBatch(deps, [
      sent('a', sendEvent(both)),
      sent('b', deliveryEvent(both, ['ben+news@example.com'], ACCEPTED_MS + 1500)),
      sent('c', sendEvent(aMail(2))),
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
        [aMail(2).messageId, 'sent', 'ann@example.com', '2026-02-25T12:00:00Z'],
      ]),
    );
  });

  it('takes the SNS envelope, raw delivery and the record of SNS for a Lambda alike', async () => {
    const text = JSON.stringify(sendEvent(aMail(1)));
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

  it('leaves the same rows when one message comes three times, in one batch and in later ones', async () => {
    const { table, deps } = setUp();
    const ses = sendEvent(aMail(1, { to: ['ann@example.com', 'ben@example.com'] }));
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
      envelope(JSON.stringify(sendEvent(aMail(9))), 'arn:aws:sns:us-east-1:111111111111:theirs'),
    ],
    [
      'an event whose message id has a space',
      'bad_message_id',
      envelope(JSON.stringify(sendEvent(aMail(9, { messageId: 'two words' })))),
    ],
    [
      'an event whose message id is too long for a key',
      'bad_message_id',
      envelope(JSON.stringify(sendEvent(aMail(9, { messageId: 'x'.repeat(2000) })))),
    ],
  ])('quarantines %s as %s, whole, and stores both its neighbours', async (_what, reason, body) => {
    const { table, deps } = setUp();
    const report = await ingestBatch(deps, [
      sent('a', sendEvent(aMail(1))),
      aRecord('b', body),
      sent('c', sendEvent(aMail(2))),
    ]);
    expect(report.failedMessageIds).toEqual([]);
    expect(report.counts).toMatchObject({ events: 2, quarantined: 1, failed: 0 });
    expect(storedMessages(table)).toEqual([aMail(1).messageId, aMail(2).messageId]);
    const quarantined = rowsOf(table, 'quarantine');
    expect(quarantined.map((row) => row['reason'])).toEqual([reason]);
    expect(quarantined.map(quarantinedBody)).toEqual([body]);
  });

  it('quarantines a message that comes again once', async () => {
    const { table, deps } = setUp();
    await ingestBatch(deps, [aRecord('a', '[]'), aRecord('a', '[]')]);
    await ingestBatch(deps, [aRecord('a', '[]')]);
    expect(rowsOf(table, 'quarantine')).toHaveLength(1);
    await ingestBatch(deps, [aRecord('another', '[]')]);
    expect(rowsOf(table, 'quarantine')).toHaveLength(2);
  });

  it.each([
    ['the validation sentence', 'Successfully validated SNS topic for Amazon SES event publishing.'],
    [
      'AmazonSnsSubscriptionSucceeded',
      JSON.stringify({ notificationType: 'AmazonSnsSubscriptionSucceeded', message: 'You have subscribed' }),
    ],
  ])('acknowledges %s, and stores nothing', async (_what, text) => {
    const { table, deps } = setUp();
    const report = await ingestBatch(deps, [aRecord('a', text), aRecord('b', envelope(text))]);
    expect(report.failedMessageIds).toEqual([]);
    expect(report.counts).toMatchObject({ messages: 2, events: 0, quarantined: 0, failed: 0 });
    expect(table.rows.size).toBe(0);
  });

  it('stores a type SES has added since, with its raw event, and counts it', async () => {
    const { table, deps } = setUp();
    const ses = { ...sendEvent(aMail(1)), eventType: 'Teleported' };
    const report = await ingestBatch(deps, [sent('a', ses)]);
    expect(report.counts).toMatchObject({ events: 1, unknown_events: 1, quarantined: 0 });
    expect(rowsOf(table, 'event').map((row) => row['event'])).toEqual(['unknown']);
  });

  it('reports exactly the messages whose rows a failed write left out, and stores them when they come again', async () => {
    const { table, deps } = setUp();
    // Two rows and their raw event each: 25 rows to a write do not end with a message.
    const mails = Array.from({ length: 20 }, (_, number) =>
      aMail(number, { to: ['ann@example.com', 'ben@example.com'] }),
    );
    let writes = 0;
    table.before = (command) => {
      if (command !== 'BatchWriteCommand') return;
      writes += 1;
      if (writes === 2) throw fault('ThrottlingException');
    };
    const records = recordsOf(mails);
    const report = await ingestBatch(deps, records);

    const isWhole = (mail: AcceptedEmail): boolean =>
      [...table.rows.values()].filter(
        (row) => row.pk === messagePartition(DEFAULT_WORKSPACE_ID, mail.messageId),
      ).length === 3;
    const incomplete = records.filter((_, index) => {
      const mail = mails[index];
      return mail !== undefined && !isWhole(mail);
    });
    expect(writes).toBeGreaterThan(2);
    expect(incomplete.length).toBeGreaterThan(0);
    expect(incomplete.length).toBeLessThan(mails.length);
    expect(report.failedMessageIds.toSorted()).toEqual(
      incomplete.map((record) => record.messageId).toSorted(),
    );
    expect(report.counts.failed).toBe(incomplete.length);
    expect(rowsOf(table, 'quarantine')).toEqual([]);

    expect((await ingestBatch(deps, incomplete)).failedMessageIds).toEqual([]);
    expect(mails.every(isWhole)).toBe(true);
  });

  it('reports every message when no write goes through, quarantined ones too', async () => {
    const { table, deps } = setUp();
    table.before = (command) => {
      if (command === 'BatchWriteCommand') throw fault('ProvisionedThroughputExceededException');
    };
    const notice = 'Successfully validated SNS topic for Amazon SES event publishing.';
    const report = await ingestBatch(deps, [
      sent('a', sendEvent(aMail(1))),
      aRecord('b', 'garbage'),
      aRecord('c', notice),
    ]);
    // There is nothing of the notice to be stored.
    expect(report.failedMessageIds.toSorted()).toEqual(['a', 'b']);
    expect(report.error).toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    expect(table.rows.size).toBe(0);
  });

  it('quarantines a message DynamoDB refuses a row of as unwritable, and stores its neighbours', async () => {
    const { table, deps } = setUp();
    table.before = (command, input) => {
      if (command !== 'BatchWriteCommand') return;
      const refused = writtenRows(input).some(
        (row) => row.pk.startsWith('M#') && row.pk.includes(aMail(2).messageId),
      );
      if (refused) throw fault('ValidationException');
    };
    const records = recordsOf([aMail(1), aMail(2), aMail(3)]);
    const report = await ingestBatch(deps, records);
    expect(report.failedMessageIds).toEqual([]);
    expect(report.error).toBeUndefined();
    expect(report.counts).toMatchObject({ quarantined: 1, failed: 0 });
    expect(storedMessages(table)).toEqual([aMail(1).messageId, aMail(3).messageId]);
    const quarantined = rowsOf(table, 'quarantine');
    expect(quarantined.map((row) => row['reason'])).toEqual(['unwritable']);
    expect(quarantined.map(quarantinedBody)).toEqual([records[1]?.body]);
  });

  it('reports a refused message that could not be quarantined either', async () => {
    const { table, deps } = setUp();
    table.before = (command, input) => {
      if (command !== 'BatchWriteCommand') return;
      const rows = writtenRows(input);
      if (rows.some((row) => row.pk.startsWith('Q#'))) throw fault('ThrottlingException');
      if (rows.some((row) => row.pk.includes(aMail(2).messageId))) throw fault('ValidationException');
    };
    const report = await ingestBatch(deps, recordsOf([aMail(1), aMail(2)]));
    expect(report.failedMessageIds).toEqual(['sqs-1']);
    expect(report.error).toMatchObject({ name: 'ThrottlingException' });
    expect(report.counts).toMatchObject({ quarantined: 0, failed: 1 });
    expect(storedMessages(table)).toEqual([aMail(1).messageId]);
  });

  it('reports only the message whose workspace could not be looked up', async () => {
    const { table, deps } = setUp();
    const { pk } = configurationSetKey('unreachable');
    table.before = (command, input) => {
      if (command === 'GetCommand' && input.Key?.pk === pk) throw fault('ThrottlingException');
    };
    const records = recordsOf([aMail(1), aMail(2, { configurationSet: 'unreachable' }), aMail(3)]);
    const report = await ingestBatch(deps, records);
    expect(report.failedMessageIds).toEqual(['sqs-1']);
    expect(report.error).toMatchObject({ name: 'ThrottlingException' });
    expect(storedMessages(table)).toEqual([aMail(1).messageId, aMail(3).messageId]);
    expect(rowsOf(table, 'quarantine')).toEqual([]);

    table.before = () => {};
    expect((await ingestBatch(deps, records.slice(1, 2))).failedMessageIds).toEqual([]);
    expect(storedMessages(table)).toContain(aMail(2).messageId);
  });
});

describe('whose event it is', () => {
  const OTHER_WORKSPACE = `ws_${'b'.repeat(26)}`;

  async function ownerOf(mail: AcceptedEmail): Promise<{ owner: string | undefined; unknownTags: number }> {
    const { table, deps } = setUp();
    const known: Row[] = [
      { ...workspaceKey(WORKSPACE_ID), kind: 'workspace' },
      { ...workspaceKey(OTHER_WORKSPACE), kind: 'workspace' },
      { ...configurationSetKey('theirs'), kind: 'configuration_set', workspace_id: OTHER_WORKSPACE },
    ];
    for (const row of known) table.rows.set(`${row.pk}\n${row.sk}`, row);
    const report = await ingestBatch(deps, [sent('a', sendEvent(mail))]);
    expect(report.failedMessageIds).toEqual([]);
    const [row] = rowsOf(table, 'event');
    return { owner: row && toEmailEvent(row).workspace_id, unknownTags: report.counts.unknown_tags };
  }

  it('is that of the tag, before that of the configuration set', async () => {
    const mail = aMail(1, { tags: { ivymail_workspace: WORKSPACE_ID }, configurationSet: 'theirs' });
    expect(await ownerOf(mail)).toEqual({ owner: WORKSPACE_ID, unknownTags: 0 });
  });

  it('is that of the configuration set where there is no tag', async () => {
    expect(await ownerOf(aMail(1, { configurationSet: 'theirs' }))).toEqual({
      owner: OTHER_WORKSPACE,
      unknownTags: 0,
    });
  });

  it('is the default workspace where nobody claims it', async () => {
    expect(await ownerOf(aMail(1))).toEqual({ owner: DEFAULT_WORKSPACE_ID, unknownTags: 0 });
  });

  it.each([UNKNOWN_WORKSPACE, 'not-an-id'])(
    'is the default workspace where the tag %s is unknown, which is counted',
    async (tag) => {
      expect(await ownerOf(aMail(1, { tags: { ivymail_workspace: tag } }))).toEqual({
        owner: DEFAULT_WORKSPACE_ID,
        unknownTags: 1,
      });
    },
  );

  it('is that of the configuration set where the tag is unknown, which is counted', async () => {
    const mail = aMail(1, { tags: { ivymail_workspace: UNKNOWN_WORKSPACE }, configurationSet: 'theirs' });
    expect(await ownerOf(mail)).toEqual({ owner: OTHER_WORKSPACE, unknownTags: 1 });
  });
});

describe('the TTL of a row', () => {
  it.each([90, 7, 365])('is %i days, in seconds, from the time of the event', async (retentionDays) => {
    const { table, deps } = setUp(retentionDays);
    const deliveredMs = ACCEPTED_MS + 3_600_000;
    const mail = aMail(1, { to: ['ann@example.com', 'ben@example.com'] });
    await ingestBatch(deps, [sent('a', deliveryEvent(mail, mail.to, deliveredMs), deliveredMs)]);
    const ttls = [...table.rows.values()].map((row) => row['ttl']);
    expect(ttls).toHaveLength(3);
    expect(new Set(ttls)).toEqual(new Set([deliveredMs / 1000 + retentionDays * 86_400]));
  });

  it('is the same when the message comes days later', async () => {
    const early = setUp();
    const late = setUp();
    await ingestBatch(early.deps, [sent('a', sendEvent(aMail(1)))]);
    await ingestBatch(late.deps, [sent('a', sendEvent(aMail(1)), ACCEPTED_MS + 30 * DAY_MS)]);
    expect(early.table.rows.size).toBe(1);
    expect([...late.table.rows.values()]).toEqual([...early.table.rows.values()]);
  });
});

describe('a batch in which one message is odd', () => {
  const three = () => [1, 2, 3].map((number) => sent(`sqs-${number}`, sendEvent(aMail(number))));

  /** Every write that holds a row of the second message fails. */
  function breakSecond(table: SimulatedTable, error: Error): void {
    table.before = (command, input) => {
      const rows = command === 'BatchWriteCommand' ? writtenRows(input) : [];
      if (rows.some((row) => row['kind'] === 'event' && row.pk.includes('-0002-'))) throw error;
    };
  }

  it.each([
    ['a plain Error, as the marshaller throws it', new Error('Unsupported type passed')],
    ['ValidationException', Object.assign(new Error('Too large'), { name: 'ValidationException' })],
  ])('stores its neighbors in the same invocation, and quarantines it: %s', async (_what, error) => {
    const { table, deps } = setUp();
    breakSecond(table, error);
    const report = await ingestBatch(deps, three());
    expect(report).toMatchObject({ failedMessageIds: [], counts: { quarantined: 1, failed: 0 } });
    expect(storedMessages(table)).toEqual([aMail(1).messageId, aMail(3).messageId]);
    const [quarantined] = rowsOf(table, 'quarantine');
    expect(quarantined).toMatchObject({ reason: 'unwritable' });
    expect(quarantined?.['detail']).toContain(error.message);
    expect(quarantinedBody(quarantined as Row)).toBe(three()[1]?.body);
  });

  it.each([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'KMSDisabledException',
    'CredentialsProviderError',
    'NeverSeenException',
  ])(
    'goes back to the queue with all others where %s meets every row; nothing is quarantined',
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

  it('quarantines a message dated more than a day after it was received, and stores one dated less', async () => {
    const { table, deps } = setUp();
    const receivedMs = ACCEPTED_MS + 1000;
    const dated = (number: number, aheadMs: number) =>
      sent(`sqs-${number}`, sendEvent(aMail(number, { acceptedAtMs: receivedMs + aheadMs })));
    const report = await ingestBatch(deps, [
      dated(1, DAY_MS),
      dated(2, DAY_MS + 1000),
      dated(3, 73 * 365 * DAY_MS),
      dated(4, 0),
    ]);
    expect(report).toMatchObject({ failedMessageIds: [], counts: { quarantined: 2, events: 2 } });
    expect(storedMessages(table)).toEqual([aMail(1).messageId, aMail(4).messageId]);
    expect(rowsOf(table, 'quarantine').map((row) => row['reason'])).toEqual([
      'bad_timestamp',
      'bad_timestamp',
    ]);
  });
});

describe('an EventBridge envelope', () => {
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
    ['in SNS', (text: string) => envelope(text)],
    ['alone', (text: string) => text],
  ])('gives the same rows as the SES event by itself: %s', async (_what, wrap) => {
    const ses = sendEvent(aMail(1));
    const plain = setUp();
    await ingestBatch(plain.deps, [sent('sqs-1', ses)]);
    const wrapped = setUp();
    await ingestBatch(wrapped.deps, [aRecord('sqs-1', wrap(eventBridge(ses)))]);
    expect([...wrapped.table.rows.keys()]).toEqual([...plain.table.rows.keys()]);
    expect(rowsOf(wrapped.table, 'event')).toEqual(rowsOf(plain.table, 'event'));
  });

  it('of a foreign topic is quarantined, and so is one without an SES event', async () => {
    const { table, deps } = setUp();
    await ingestBatch(deps, [
      aRecord('sqs-1', envelope(eventBridge(sendEvent(aMail(1))), `${TOPIC}-other`)),
      aRecord('sqs-2', eventBridge({ version: '1.0.0', data: {} }, 'Advisor Recommendation Status Open')),
    ]);
    const reasons = new Set(rowsOf(table, 'quarantine').map((row) => row['reason']));
    expect(reasons).toEqual(new Set(['foreign_topic', 'not_ses']));
  });
});
