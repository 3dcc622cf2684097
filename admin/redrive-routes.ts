import { InvokeCommand } from '@aws-sdk/client-lambda';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import {
  TRIGGERS,
  type DeliveryGroup,
  type DeliveryTask,
  type SingleTask,
} from '../lambdas/core/deliveries.ts';
import type { Deployment } from './deployment.ts';
import { QUARANTINE, type DeadLetter } from './dead-letters.ts';

/** Returns the function that sends a message of a place through the pipeline again. The function throws if it cannot. */
export function redriveRoute(
  deployment: Deployment,
  place: string,
): (message: Pick<DeadLetter, 'body'>) => Promise<void> {
  if (place === QUARANTINE || place.startsWith('Source')) {
    return async ({ body }) => {
      await deployment.sqs.send(new SendMessageCommand({ QueueUrl: deployment.queueUrl, MessageBody: body }));
    };
  }
  if (place === 'DeliveryDispatchDeadLetters') return ({ body }) => redispatch(deployment, body);
  if (place === 'DeliveryDeliverDeadLetters') return ({ body }) => restartDelivery(deployment, body);
  return () => {
    throw new Error(
      'The message only names a position in the stream that could not be counted. The statistics of that period stay incomplete',
    );
  };
}

/** Calls dispatch with the record of the row, as the stream would. Dispatch starts its deliveries, suppressions or commands. */
async function redispatch({ table, lambda, dispatchFunction }: Deployment, body: string): Promise<void> {
  const { keys } = JSON.parse(body) as { keys?: Parameters<typeof unmarshall>[0] };
  if (!keys) {
    throw new Error(
      'The message is a report of Lambda about a whole batch and contains no keys. Recover each endpoint from that time on to deliver the missing events',
    );
  }
  const { Item: row } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: unmarshall(keys), ConsistentRead: true }),
  );
  if (!row) throw new Error('The row no longer exists');
  const record = { eventName: 'INSERT', dynamodb: { Keys: keys, NewImage: marshall(row) } };
  const { FunctionError: failed, Payload: payload } = await lambda.send(
    new InvokeCommand({ FunctionName: dispatchFunction, Payload: JSON.stringify({ Records: [record] }) }),
  );
  if (failed !== undefined) {
    const { errorMessage } = JSON.parse(payload?.transformToString() ?? '{}') as { errorMessage?: string };
    throw new Error(`Dispatch failed: ${errorMessage ?? failed}`);
  }
}

/** The format of a task. */
const TASK = z.looseObject({
  workspace_id: z.string(),
  message_id: z.string(),
  event_timestamp: z.iso.datetime(),
  event_id: z.string(),
  endpoint_id: z.string(),
  run: z.string(),
  trigger: z.enum(TRIGGERS),
  attempt: z.int().positive(),
  run_attempt: z.int().positive(),
  delay_seconds: z.int().nonnegative(),
}) satisfies z.ZodType<DeliveryTask>;

/** A group, or the single task of version 0.1.0. It is checked first, because Redeliver would fail on another format after the message is deleted. */
const GROUP = z.union([
  z.looseObject({
    workspace_id: z.string(),
    endpoint_id: z.string(),
    execution_name: z.string(),
    delay_seconds: z.int().nonnegative(),
    wakes: z.int().nonnegative(),
    tasks: z.array(TASK).min(1),
  }),
  z.looseObject({ ...TASK.shape, execution_name: z.string() }),
]) satisfies z.ZodType<DeliveryGroup | SingleTask>;

function readGroup(body: string): DeliveryGroup | SingleTask {
  const group = GROUP.safeParse(JSON.parse(body));
  if (group.success) return group.data;
  throw new Error(`The message is not a group of deliveries: ${z.prettifyError(group.error)}`);
}

/** Starts Redeliver for a group that could not be started. Each delivery continues at the same attempt. */
async function restartDelivery({ sfn, redeliverMachineArn }: Deployment, body: string): Promise<void> {
  const group = readGroup(body);
  await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: redeliverMachineArn,
      // A failed execution may already have the first name, so this name has a suffix.
      name: `${group.execution_name}-${Date.now().toString(36)}`.slice(-80),
      input: JSON.stringify(group),
    }),
  );
}
