/** What becomes of a mail: from SES's word of it to the webhooks and their repetition. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import type { ReplayTask } from '../../../lambdas/core/commands.ts';
import { createFirstTask } from '../../../lambdas/delivery/dispatch.ts';
import { toEmailEvent } from '../../../lambdas/store/event-rows.ts';
import { KIND } from '../../../lambdas/store/keys.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import {
  bounceEvent,
  complaintEvent,
  deliveryEvent,
  sendEvent,
  type AcceptedEmail,
  type SesEvent,
} from '../../../sim/ses/events.ts';
import { awsError } from '../../../sim/aws-error.ts';
import { UNKNOWN } from './attacks.ts';
import { CANARY, MAIL } from './canaries.ts';
import { DENIED, SFN_ERRORS } from './aws-errors.ts';
import { TOPIC_ARN } from './functions.ts';
import { WORKSPACE_ID, type Stage } from './scenario-context.ts';

function record(body: string, number: number): SQSRecord {
  const attributes = { SentTimestamp: String(Date.now()) } as SQSRecord['attributes'];
  return { messageId: `sqs-${number}`, body, attributes } as SQSRecord;
}

async function ingest(stage: Stage): Promise<void> {
  const mail: AcceptedEmail = {
    messageId: '0100019c-4711-000000',
    acceptedAtMs: Date.now() - 60_000,
    source: MAIL.from,
    to: MAIL.to,
    subject: MAIL.subject,
    tags: { campaign: CANARY.tag, ivymail_workspace: CANARY.token },
    configurationSet: 'IvyMailEvents',
    operation: 'SendEmail',
  };
  const to = [CANARY.recipient];
  const atMs = Date.now();
  const bounce = {
    type: 'Permanent',
    subType: 'General',
    status: '5.1.1',
    diagnosticCode: CANARY.diagnostic,
  };
  const events: readonly SesEvent[] = [
    sendEvent(mail),
    deliveryEvent(mail, to, atMs),
    bounceEvent(mail, to, { atMs, bounce }),
    complaintEvent(mail, to, { atMs, complaint: { subType: null, feedbackType: 'abuse' } }),
  ];
  const bodies = [
    ...events.map((event) =>
      JSON.stringify({ Type: 'Notification', TopicArn: TOPIC_ARN, Message: JSON.stringify(event) }),
    ),
    `not JSON: ${CANARY.recipient}`,
    JSON.stringify({ eventType: CANARY.said, mail: CANARY.recipient }),
    JSON.stringify({ Type: CANARY.said }),
    JSON.stringify({
      Type: 'Notification',
      TopicArn: `arn:${CANARY.token}`,
      Message: JSON.stringify(sendEvent(mail)),
    }),
  ];
  const batch = () => ({ Records: bodies.map(record) });
  await stage.call(() => stage.functions.ingest(batch()));
  for (const name of ['ValidationException', 'InternalServerError'])
    await stage.while(
      (service) => (service === 'dynamodb' ? awsError(name, 'An attribute is invalid') : undefined),
      () => stage.functions.ingest(batch()),
    );
}

async function stream(stage: Stage): Promise<void> {
  const { functions } = stage;
  const toRecord = (row: Row, index: number): DynamoDBRecord =>
    ({
      eventName: 'INSERT',
      dynamodb: {
        Keys: marshall({ pk: row.pk, sk: row.sk }),
        NewImage: marshall(row, { removeUndefinedValues: true }),
        SequenceNumber: String(1000 + index),
      },
    }) as DynamoDBRecord;
  const events = stage.inserted.filter((row) => row['kind'] === KIND.event);
  const first = events[0] as Row;
  const unreadable: Row = { ...first, sk: 'E#no time', subject: CANARY.subject };
  const Records = [...events, unreadable].map(toRecord);
  await stage.call(() => functions.dispatch({ Records }));
  await stage.call(() => functions.tally({ Records, shardId: 'shard-1' }));
  for (const refused of SFN_ERRORS)
    await stage.while(
      (service, _name, input) => (service === 'sfn' ? refused(input) : undefined),
      () => functions.dispatch({ Records }),
    );
  await stage.while(
    (service) => (service === 'sqs' ? DENIED : undefined),
    () => functions.dispatch({ Records }),
  );
  await stage.while(
    () => DENIED,
    () => functions.tally({ Records, shardId: 'shard-2' }),
  );
}

async function deliveries(stage: Stage): Promise<void> {
  const row = stage.inserted.find(
    (each) => each['kind'] === KIND.event && each['event'] === 'bounced',
  ) as Row;
  const event = toEmailEvent(row);
  stage.named.push(event.event_id);
  const deliver = (endpointId: string, changes: object = {}) =>
    stage.functions.deliver({
      task: { ...createFirstTask(event, endpointId), ...changes },
      execution: 'arn:aws:states:x',
    });
  for (const url of stage.receivers.urls()) {
    const { id } = await stage.endpoint(stage.receivers.url('ok'));
    // Past the check, as a name may lead elsewhere by now.
    for (const stored of stage.functions.table.rows.values())
      if (stored.sk === `EP#${id}`) Object.assign(stored, { url });
    await stage.call(() => deliver(id));
    stage.named.push(id);
  }
  const { id } = await stage.endpoint(stage.receivers.url('ok'));
  await stage.while(
    (service) => (service === 'kms' ? DENIED : undefined),
    () => deliver(id),
  );
  await stage.while(
    () => DENIED,
    () => deliver(id),
  );
  const { id: unwritten } = await stage.endpoint(stage.receivers.url('500'));
  let puts = 0;
  await stage.while(
    // Once it is claimed, nothing more can be written.
    (service, name) => (service === 'dynamodb' && name !== 'GetCommand' && ++puts > 2 ? DENIED : undefined),
    () => deliver(unwritten),
  );
  await stage.call(() => deliver(UNKNOWN.endpoint));
}

async function recoveries(stage: Stage): Promise<void> {
  const { id } = await stage.endpoint(stage.receivers.url('ok'));
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const { recovery_id: recovery = '' } = await stage.ask({
    method: 'POST',
    path: `/v1/webhooks/${id}/recover`,
    body: { since },
  });
  stage.named.push(recovery);
  const task: ReplayTask = {
    workspace_id: WORKSPACE_ID,
    command_id: recovery,
    command: 'recover',
    execution_name: recovery,
    delay_seconds: 0,
    steps: 0,
    probes: 0,
  };
  for (const refused of SFN_ERRORS)
    await stage.while(
      (service, _name, input) => (service === 'sfn' ? refused(input) : undefined),
      () => stage.functions.recover(task),
    );
  await stage.while(
    () => DENIED,
    () => stage.functions.recover(task),
  );
  await stage.call(() => stage.functions.recover(task));
}
/** Every function but the API's two. */
export async function playMail(stage: Stage): Promise<void> {
  await ingest(stage);
  await stream(stage);
  await deliveries(stage);
  await recoveries(stage);
}
