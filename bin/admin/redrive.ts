import { InvokeCommand } from '@aws-sdk/client-lambda';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { TRIGGERS, type DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { readCollection } from '../../lambdas/store/collection.ts';
import { quarantinedBody } from '../../lambdas/store/quarantine.ts';
import type { Deployment } from './deployment.ts';
import { UsageError } from './errors.ts';
import { tableOf, type Told } from './told.ts';

export interface RedriveOptions {
  /** Only what contains this text. */
  readonly filter?: string | undefined;
  /** Only quarantined messages with this reason. */
  readonly reason?: string | undefined;
  /** `YYYY-MM-DD`, of the quarantine; today and the day before without it. */
  readonly day?: string | undefined;
  readonly 'dry-run'?: boolean | undefined;
  readonly limit?: string | undefined;
}

/** Something that was set aside, and what takes it out of there once it is dealt with. */
interface SetAside {
  readonly id: string;
  readonly body: string;
  readonly reason?: string;
  remove(): Promise<void>;
  /** Back into the view of others. */
  release(): Promise<void>;
}

const QUARANTINE = 'quarantine';
const DAY_MS = 86_400_000;

function daysOf({ day }: RedriveOptions): readonly string[] {
  if (day !== undefined) {
    if (/^\d{4}-\d{2}-\d{2}$/.test(day)) return [day];
    throw new UsageError(`${day} is not a day as in 2026-02-25`);
  }
  return [0, 1].map((ago) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10));
}

async function readQuarantine({ table }: Deployment, options: RedriveOptions): Promise<readonly SetAside[]> {
  const rows = await Promise.all(daysOf(options).map((day) => readCollection(table, { pk: `Q#${day}` })));
  return rows.flat().map((row) => ({
    id: String(row['id']),
    body: quarantinedBody(row),
    reason: String(row['reason']),
    async remove() {
      await table.client.send(new DeleteCommand({ TableName: table.name, Key: { pk: row.pk, sk: row.sk } }));
    },
    // A row is always in view.
    release: () => Promise.resolve(),
  }));
}

/** How long what is looked at is hidden from others, at the most. */
const LOOK_SECONDS = 60;

/** Everything in a queue, once. */
async function readQueue({ sqs }: Deployment, queueUrl: string): Promise<readonly SetAside[]> {
  const found = new Map<string, SetAside>();
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- ten at a time is what SQS gives
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: LOOK_SECONDS,
        WaitTimeSeconds: 1,
      }),
    );
    const fresh = messages.filter((message) => !found.has(message.MessageId ?? ''));
    if (fresh.length === 0) return [...found.values()];
    for (const { MessageId: id = '', Body: body = '', ReceiptHandle: handle } of fresh) {
      found.set(id, {
        id,
        body,
        async remove() {
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: handle }));
        },
        async release() {
          await sqs.send(
            new ChangeMessageVisibilityCommand({
              QueueUrl: queueUrl,
              ReceiptHandle: handle,
              VisibilityTimeout: 0,
            }),
          );
        },
      });
    }
  }
}

/** What makes a message of a place go its way again. Throws where it cannot. */
function wayOf(deployment: Deployment, place: string): (message: SetAside) => Promise<void> {
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

function read(deployment: Deployment, place: string, options: RedriveOptions): Promise<readonly SetAside[]> {
  if (place === QUARANTINE) return readQuarantine(deployment, options);
  const url = deployment.deadLetterQueues[place];
  if (url !== undefined) return readQueue(deployment, url);
  const places = [...Object.keys(deployment.deadLetterQueues), QUARANTINE];
  throw new UsageError(`${place} is no place; there are ${places.join(', ')}`);
}

function isWanted({ body, reason }: SetAside, options: RedriveOptions): boolean {
  return (
    (options.filter === undefined || body.includes(options.filter)) &&
    (options.reason === undefined || reason === options.reason)
  );
}

async function list(deployment: Deployment, options: RedriveOptions): Promise<Told> {
  const queues = await Promise.all(
    Object.entries(deployment.deadLetterQueues).map(async ([place, url]) => {
      const { Attributes: attributes } = await deployment.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
      );
      return { place, count: Number(attributes?.['ApproximateNumberOfMessages'] ?? 0), reasons: '' };
    }),
  );
  const counts = new Map<string, number>();
  const quarantined = await readQuarantine(deployment, options);
  for (const { reason = '' } of quarantined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
  const places = [...queues, { place: QUARANTINE, count: quarantined.length, reasons }];
  const rows = places.map((each) => [each.place, String(each.count), each.reasons]);
  return { result: places, text: tableOf(['place', 'messages', 'reasons'], rows) };
}

const SHOWN = 10;
const EXCERPT_CHARACTERS = 300;

/** Does something with what is wanted of a place; all that is not taken off it is released. */
async function withWanted<T>(
  deployment: Deployment,
  place: string,
  {
    options,
    use,
  }: {
    readonly options: RedriveOptions;
    readonly use: (
      wanted: readonly SetAside[],
    ) => Promise<{ readonly result: T; readonly removed: ReadonlySet<SetAside> }>;
  },
): Promise<T> {
  const all = await read(deployment, place, options);
  let removed: ReadonlySet<SetAside> = new Set();
  try {
    const used = await use(all.filter((each) => isWanted(each, options)));
    ({ removed } = used);
    return used.result;
  } finally {
    await Promise.all(all.filter((each) => !removed.has(each)).map((each) => each.release()));
  }
}

async function show(deployment: Deployment, place: string, options: RedriveOptions): Promise<Told> {
  const limit = Number(options.limit ?? SHOWN);
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a whole number from 1');
  return withWanted(deployment, place, {
    options,
    async use(messages) {
      const shown = messages
        .slice(0, limit)
        .map(({ id, reason, body }) => ({ id, ...(reason !== undefined && { reason }), body }));
      const lines = shown.map(
        ({ id, reason, body }) =>
          `${id}${reason === undefined ? '' : `  ${reason}`}\n  ${body.slice(0, EXCERPT_CHARACTERS).toWellFormed()}`,
      );
      const text = [...lines, `${shown.length} of ${messages.length}`].join('\n');
      const result: Told = { result: { count: messages.length, messages: shown }, text };
      return { result, removed: new Set() };
    },
  });
}

async function run(deployment: Deployment, place: string, options: RedriveOptions): Promise<Told> {
  const go = wayOf(deployment, place);
  return withWanted(deployment, place, {
    options,
    async use(messages) {
      const removed = new Set<SetAside>();
      const failures: { readonly id: string; readonly error: string }[] = [];
      for (const message of options['dry-run'] === true ? [] : messages) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a fault stops nothing that was done
          await go(message);
          // Only now: what was not taken stays where it is.
          // oxlint-disable-next-line no-await-in-loop
          await message.remove();
          removed.add(message);
        } catch (error) {
          failures.push({ id: message.id, error: error instanceof Error ? error.message : String(error) });
        }
      }
      const lines = failures.map(({ id, error }) => `${id} stays: ${error}`);
      const said =
        options['dry-run'] === true
          ? `${messages.length} would be redriven`
          : `${removed.size} of ${messages.length} redriven`;
      const result: Told = {
        result: { place, matched: messages.length, redriven: removed.size, failed: failures },
        text: [...lines, said].join('\n'),
        exitCode: failures.length > 0 ? 1 : 0,
      };
      return { result, removed };
    },
  });
}

/** `redrive list | show PLACE | run PLACE` */
export async function redrive(
  deployment: Deployment,
  [action, place]: readonly string[],
  options: RedriveOptions,
): Promise<Told> {
  if (action === 'list' && place === undefined) return list(deployment, options);
  if (action === 'show' && place !== undefined) return show(deployment, place, options);
  if (action === 'run' && place !== undefined) return run(deployment, place, options);
  throw new UsageError('redrive takes list, or show or run and a place that list names');
}
