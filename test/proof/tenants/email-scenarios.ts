/** The scenarios of an email: its SES events, its webhooks, and their recovery. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import type { ReplayTask } from '../../../lambdas/core/commands.ts';
import { createFirstTask } from '../../../lambdas/delivery/dispatch.ts';
import { createGroups, createMember, singleGroup } from '../../../lambdas/delivery/groups.ts';
import { toEmailEvent } from '../../../lambdas/store/event-rows.ts';
import { toStoredEvent } from '../../../lambdas/store/stored-events.ts';
import { KIND } from '../../../lambdas/store/keys.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import {
  bounceEvent,
  complaintEvent,
  deliveryDelayEvent,
  deliveryEvent,
  sendEvent,
  type AcceptedEmail,
  type SesEvent,
} from '../../../sim/ses/events.ts';
import { awsError } from '../../../sim/aws-error.ts';
import { UNKNOWN_IDS } from './attacks.ts';
import { CANARY, EMAIL } from './canaries.ts';
import { ACCESS_DENIED, SFN_ERRORS } from './aws-errors.ts';
import { TOPIC_ARN } from './functions.ts';
import { WORKSPACE_ID, type ScenarioContext } from './scenario-context.ts';

function record(body: string, number: number): SQSRecord {
  const attributes = { SentTimestamp: String(Date.now()) } as SQSRecord['attributes'];
  return { messageId: `sqs-${number}`, body, attributes } as SQSRecord;
}

async function ingest(context: ScenarioContext): Promise<void> {
  const email: AcceptedEmail = {
    messageId: '0100019c-4711-000000',
    acceptedAtMs: Date.now() - 60_000,
    source: EMAIL.from,
    to: EMAIL.to,
    subject: EMAIL.subject,
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
    sendEvent(email),
    deliveryDelayEvent(email, to, { atMs, expiresAtMs: atMs + 3_600_000 }),
    deliveryEvent(email, to, atMs),
    bounceEvent(email, to, { atMs, bounce }),
    complaintEvent(email, to, { atMs, complaint: { subType: null, feedbackType: 'abuse' } }),
  ];
  const bodies = [
    ...events.map((event) =>
      JSON.stringify({ Type: 'Notification', TopicArn: TOPIC_ARN, Message: JSON.stringify(event) }),
    ),
    `not JSON: ${CANARY.recipient}`,
    JSON.stringify({ eventType: CANARY.responseText, mail: CANARY.recipient }),
    JSON.stringify({ Type: CANARY.responseText }),
    JSON.stringify({
      Type: 'Notification',
      TopicArn: `arn:${CANARY.token}`,
      Message: JSON.stringify(sendEvent(email)),
    }),
  ];
  const batch = () => ({ Records: bodies.map(record) });
  await context.invoke(() => context.functions.ingest(batch()));
  for (const name of ['ValidationException', 'InternalServerError'])
    await context.withAwsErrors(
      (service) => (service === 'dynamodb' ? awsError(name, 'An attribute is invalid') : undefined),
      () => context.functions.ingest(batch()),
    );
}

async function stream(context: ScenarioContext): Promise<void> {
  const { functions } = context;
  const toRecord = (row: Row, index: number): DynamoDBRecord =>
    ({
      eventName: 'INSERT',
      dynamodb: {
        Keys: marshall({ pk: row.pk, sk: row.sk }),
        NewImage: marshall(row, { removeUndefinedValues: true }),
        SequenceNumber: String(1000 + index),
      },
    }) as DynamoDBRecord;
  const events = context.insertedRows.filter((row) => row['kind'] === KIND.event);
  const first = events[0] as Row;
  const unreadable: Row = { ...first, sk: 'E#no time', subject: CANARY.subject };
  const Records = [...events, unreadable].map(toRecord);
  await context.invoke(() => functions.dispatch({ Records }));
  await context.invoke(() => functions.tally({ Records, shardId: 'shard-1' }));
  for (const toError of SFN_ERRORS)
    await context.withAwsErrors(
      (service, _name, input) => (service === 'sfn' ? toError(input) : undefined),
      () => functions.dispatch({ Records }),
    );
  await context.withAwsErrors(
    (service) => (service === 'sqs' ? ACCESS_DENIED : undefined),
    () => functions.dispatch({ Records }),
  );
  await context.withAwsErrors(
    () => ACCESS_DENIED,
    () => functions.tally({ Records, shardId: 'shard-2' }),
  );
}

async function deliveries(context: ScenarioContext): Promise<void> {
  const row = context.insertedRows.find(
    (each) => each['kind'] === KIND.event && each['event'] === 'bounced',
  ) as Row;
  const event = toEmailEvent(row);
  context.loggedIds.push(event.event_id);
  const execution = 'arn:aws:states:x';
  const deliver = (endpointId: string) => {
    const { group } = singleGroup(createFirstTask(event, endpointId));
    return context.functions.deliver({ group, execution });
  };
  for (const url of context.receivers.urls()) {
    const { id } = await context.createEndpoint(context.receivers.url('ok'));
    // The row is changed directly, because the API would reject some of these URLs. A host name can resolve to a different address later.
    for (const stored of context.functions.table.rows.values())
      if (stored.sk === `EP#${id}`) Object.assign(stored, { url });
    await context.invoke(() => deliver(id));
    context.loggedIds.push(id);
  }
  const { id } = await context.createEndpoint(context.receivers.url('ok'));
  await context.withAwsErrors(
    (service) => (service === 'kms' ? ACCESS_DENIED : undefined),
    () => deliver(id),
  );
  await context.withAwsErrors(
    () => ACCESS_DENIED,
    () => deliver(id),
  );
  const { id: unrecorded } = await context.createEndpoint(context.receivers.url('500'));
  let writes = 0;
  await context.withAwsErrors(
    // After the claim of the attempt, every write fails.
    (service, name) =>
      service === 'dynamodb' && !/Get/.test(name) && ++writes > 1 ? ACCESS_DENIED : undefined,
    () => deliver(unrecorded),
  );
  await context.invoke(() => deliver(UNKNOWN_IDS.endpoint));
  // A group with a task that cannot be read.
  const { id: damaged } = await context.createEndpoint(context.receivers.url('ok'));
  const first = createFirstTask(event, damaged);
  for (const { group, events } of createGroups([
    createMember({ ...first, attempt: 0 }),
    createMember(first, toStoredEvent(row)),
  ]))
    await context.invoke(() => context.functions.deliver({ group, events, execution }));
  context.loggedIds.push(damaged);
  // An execution that version 0.1.0 started.
  const { id: old } = await context.createEndpoint(context.receivers.url('ok'));
  const task = { ...createFirstTask(event, old), execution_name: 'old' };
  await context.invoke(() => context.functions.deliver({ task, execution }));
  context.loggedIds.push(old);
}

async function recoveries(context: ScenarioContext): Promise<void> {
  const { id } = await context.createEndpoint(context.receivers.url('ok'));
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const { recovery_id: recovery = '' } = await context.sendRequest({
    method: 'POST',
    path: `/v1/webhooks/${id}/recover`,
    // The events of the scenario are older than the endpoint.
    body: { since, include: ['before_created'] },
  });
  context.loggedIds.push(recovery);
  const task: ReplayTask = {
    workspace_id: WORKSPACE_ID,
    command_id: recovery,
    command: 'recover',
    execution_name: recovery,
    delay_seconds: 0,
    steps: 0,
    probes: 0,
  };
  for (const toError of SFN_ERRORS)
    await context.withAwsErrors(
      (service, _name, input) => (service === 'sfn' ? toError(input) : undefined),
      () => context.functions.recover(task),
    );
  await context.withAwsErrors(
    () => ACCESS_DENIED,
    () => context.functions.recover(task),
  );
  await context.invoke(() => context.functions.recover(task));
}

/** Runs every function except the api and authorizer functions. */
export async function playEmailScenarios(context: ScenarioContext): Promise<void> {
  await ingest(context);
  await stream(context);
  await deliveries(context);
  await recoveries(context);
}
