import { InvokeCommand } from '@aws-sdk/client-lambda';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { TRIGGERS, type DeliveryTask } from '../lambdas/core/deliveries.ts';
import type { Deployment } from './deployment.ts';
import { QUARANTINE, type DeadLetter } from './dead-letters.ts';

/** What makes a message of a place go its way again. Throws where it cannot. */
export function redriveRoute(
  deployment: Deployment,
  place: string,
): (message: Pick<DeadLetter, 'body'>) => Promise<void> {
  if (place === QUARANTINE || place.startsWith('Source')) {
    return async ({ body }) => {
      await deployment.sqs.send(new SendMessageCommand({ QueueUrl: deployment.queueUrl, MessageBody: body }));
    };
  }
  if (place === 'DeliveryDispatchDeadLetters') return ({ body }) => dispatchAgain(deployment, body);
  if (place === 'DeliveryDeliverDeadLetters') return ({ body }) => deliverAgain(deployment, body);
  return () => {
    throw new Error(
      'It says where in the stream counting was given up; that stretch is missing in the statistics',
    );
  };
}

/** What the stream would hand to dispatch once more, and with the same result: deliveries, suppressions, commands. */
async function dispatchAgain({ table, lambda, dispatchFunction }: Deployment, body: string): Promise<void> {
  const { keys } = JSON.parse(body) as { keys?: Parameters<typeof unmarshall>[0] };
  if (!keys) {
    throw new Error(
      'It is Lambda’s note of a batch that was given up, without keys: recover of the endpoints since then delivers what is missing',
    );
  }
  const { Item: row } = await table.client.send(
    new GetCommand({ TableName: table.name, Key: unmarshall(keys), ConsistentRead: true }),
  );
  if (!row) throw new Error('There is no such row any more');
  const record = { eventName: 'INSERT', dynamodb: { Keys: keys, NewImage: marshall(row) } };
  const { FunctionError: failed, Payload: answer } = await lambda.send(
    new InvokeCommand({ FunctionName: dispatchFunction, Payload: JSON.stringify({ Records: [record] }) }),
  );
  if (failed !== undefined) {
    const { errorMessage } = JSON.parse(answer?.transformToString() ?? '{}') as { errorMessage?: string };
    throw new Error(`Dispatch failed on it: ${errorMessage ?? failed}`);
  }
}

/** Redeliver would fail on anything else after the message is gone. */
const TASK = z.looseObject({
  workspace_id: z.string(),
  message_id: z.string(),
  event_timestamp: z.iso.datetime(),
  event_id: z.string(),
  endpoint_id: z.string(),
  execution_name: z.string(),
  run: z.string(),
  trigger: z.enum(TRIGGERS),
  attempt: z.int().positive(),
  run_attempt: z.int().positive(),
  delay_seconds: z.int().nonnegative(),
}) satisfies z.ZodType<DeliveryTask>;

function readTask(body: string): DeliveryTask {
  const task = TASK.safeParse(JSON.parse(body));
  if (task.success) return task.data;
  throw new Error(`It is no delivery task: ${z.prettifyError(task.error)}`);
}

/** A delivery that no execution could take: Redeliver takes it up at the attempt it was at. */
async function deliverAgain({ sfn, redeliverMachineArn }: Deployment, body: string): Promise<void> {
  const task = readTask(body);
  await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: redeliverMachineArn,
      // The name of the first try may be taken, by an execution that failed.
      name: `${task.execution_name}-${Date.now().toString(36)}`.slice(-80),
      input: JSON.stringify(task),
    }),
  );
}
