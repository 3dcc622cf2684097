/** SES messages, which arrive through SNS and SQS. */
import type { SQSRecord } from 'aws-lambda';
import { isDeepStrictEqual } from 'node:util';
import { UnreadableMessage } from '../../../lambdas/core/errors.ts';
import { EVENT_NAMES } from '../../../lambdas/core/events.ts';
import { DEFAULT_WORKSPACE_ID, isId } from '../../../lambdas/core/ids.ts';
import { normalize } from '../../../lambdas/ingest/normalize.ts';
import { parseSesMessage } from '../../../lambdas/ingest/ses-message.ts';
import { rawEventOf, toEmailEvent } from '../../../lambdas/store/event-rows.ts';
import { ingestBatch } from '../../../lambdas/ingest/ingest-batch.ts';
import { KIND } from '../../../lambdas/store/keys.ts';
import { quarantinedBody } from '../../../lambdas/store/quarantine.ts';
import { workspaceDirectory } from '../../../lambdas/store/workspaces.ts';
import { setUpApi } from '../../api/harness.ts';
import { LEGACY_SAMPLES, SAMPLES } from '../../../sim/ses/samples.ts';
import type { Dice } from '../../../sim/random.ts';
import { damageJson } from './damage.ts';
import { toError, assertThat, expectUnchanged, type Parser, type ParseResult } from './parser.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:ivymail';
const NOW_MS = Date.parse('2026-02-25T12:00:00Z');
const EVENTS: readonly object[] = [...Object.values(SAMPLES), ...Object.values(LEGACY_SAMPLES)];
const NOTICE = { notificationType: 'AmazonSnsSubscriptionSucceeded', message: 'You have subscribed' };
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;

function recordOf(body: string): SQSRecord {
  const attributes = { SentTimestamp: String(NOW_MS) };
  return { messageId: 'sqs-1', body, attributes } as unknown as SQSRecord;
}

/** Ingests one message. Asserts that it is stored, quarantined or a notice, and never lost or returned to the queue. */
async function ingest(text: string): Promise<ParseResult> {
  // SQS does not accept a lone surrogate.
  const body = text.toWellFormed();
  const { table, sendRequest } = setUpApi();
  const deps = {
    table,
    workspaces: workspaceDirectory(table, () => NOW_MS),
    retentionDays: 90,
    topicArn: TOPIC,
  };
  const { failedMessageIds, counts } = await ingestBatch(deps, [recordOf(body)]);
  assertThat(failedMessageIds.length === 0, 'An unreadable message was treated as an internal error');

  await parseTwice(body);
  const rows = [...table.rows.values()];
  const events = rows.filter((row) => row['kind'] === KIND.event);
  for (const row of events) {
    const event = toEmailEvent(row);
    assertThat(isId('evt', event.event_id), 'The event id is invalid');
    assertThat(EVENT_NAMES.includes(event.event), 'The event name is unknown');
    assertThat(TIMESTAMP.test(event.timestamp), `The timestamp is ${event.timestamp}`);
    assertThat(
      [event.message_id, event.from, event.to ?? '', event.subject ?? ''].every(
        (field) => typeof field === 'string',
      ),
      'A field is not a string',
    );
    assertThat(Number.isSafeInteger(row['ttl']), 'The row never expires');
    assertThat(event.workspace_id === DEFAULT_WORKSPACE_ID, 'The event went to another workspace');
  }
  const raws = rows.filter((row) => row['kind'] !== KIND.quarantine).flatMap((row) => rawEventOf(row) ?? []);
  const quarantined = rows.filter((row) => row['kind'] === KIND.quarantine);
  assertThat(
    events.length === counts.events || quarantined.length > 0,
    'An event was counted but not stored',
  );
  if (events.length > 0) assertThat(raws.length > 0, 'An event has no raw text');
  for (const row of quarantined)
    assertThat(quarantinedBody(row) === body, 'The quarantined body is not the message');
  if (events.length === 0 && quarantined.length === 0)
    assertThat(/Successfully validated|AmazonSnsSubscriptionSucceeded/.test(body), 'A message was lost');
  const [first] = events;
  if (!first) return 'refused';
  const messageId = encodeURIComponent(toEmailEvent(first).message_id);
  const path = `/v1/send/logs/${messageId}`;
  const response = await sendRequest({ path, query: { raw: 'true' }, workspaceId: DEFAULT_WORKSPACE_ID });
  assertThat(
    response.status === 200,
    `The API cannot return the stored message: ${String(response.loggedError)}`,
  );
  return 'accepted';
}

/** Asserts that normalization does not change its input, and returns the same events if it is repeated. */
async function parseTwice(body: string): Promise<void> {
  const message = await new Promise<ReturnType<typeof parseSesMessage>>((resolve) => {
    resolve(parseSesMessage(body));
  }).catch(toError);
  if (message instanceof Error || message.kind === 'notice') return;
  const parse = (): unknown =>
    expectUnchanged(message.ses, normalize).catch((error: unknown) => {
      assertThat(error instanceof UnreadableMessage, String(error));
      return (error as UnreadableMessage).reason;
    });
  assertThat(isDeepStrictEqual(await parse(), await parse()), 'The same text gave different results');
}

export const SES_EVENTS: readonly Parser[] = [
  {
    name: 'SES event',
    share: 0.6,
    validInputs: EVENTS.map((event) => () => ingest(JSON.stringify(event))),
    try: (dice: Dice) => ingest(damageJson(dice.pick(EVENTS), dice)),
  },
  {
    name: 'SNS envelope',
    share: 0.6,
    try(dice: Dice) {
      const message = damageJson(dice.pick([...EVENTS, NOTICE]), dice);
      const envelope = { Type: 'Notification', MessageId: 'sns-1', TopicArn: TOPIC, Message: message };
      const record = { EventSource: 'aws:sns', EventVersion: '1.0', Sns: envelope };
      return ingest(damageJson(dice.pick([envelope, record]), dice));
    },
  },
];
