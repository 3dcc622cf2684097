import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { readCollection } from '../lambdas/store/collection.ts';
import { quarantinedBody } from '../lambdas/store/quarantine.ts';
import type { Row } from '../lambdas/store/table.ts';
import type { Deployment } from './deployment.ts';

/** A message in a dead-letter queue or in the quarantine. */
export interface DeadLetter {
  readonly id: string;
  readonly body: string;
  readonly reason?: string;
  /** Deletes the message from its queue or from the quarantine. */
  remove(): Promise<void>;
}

/** Batches of messages. Messages that were not removed become visible to other readers when the generator ends. */
export type DeadLetterBatches = AsyncGenerator<readonly DeadLetter[], void>;

/** The place of messages that could not be parsed. All other places are queues. */
export const QUARANTINE = 'quarantine';
/** The quarantine is read for as many days as a dead-letter queue keeps messages. */
export const QUARANTINE_DAYS = 14;
const DAY_MS = 86_400_000;
const BATCH = 10;

function lastDays(): readonly string[] {
  return Array.from({ length: QUARANTINE_DAYS }, (_, ago) =>
    new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10),
  );
}

/**
 * Reads the quarantined rows of a day, or of the last 14 days. The newest day is first, so a message that is quarantined
 * again today is not read again.
 */
async function* quarantinedRows({ table }: Deployment, day?: string): AsyncGenerator<readonly Row[], void> {
  for (const each of day === undefined ? lastDays() : [day])
    yield await readCollection(table, { pk: `Q#${each}` });
}

export async function* readQuarantine(deployment: Deployment, day?: string): DeadLetterBatches {
  const { client, name: TableName } = deployment.table;
  for await (const rows of quarantinedRows(deployment, day)) {
    for (let first = 0; first < rows.length; first += BATCH)
      yield rows.slice(first, first + BATCH).map((row) => ({
        id: String(row['id']),
        body: quarantinedBody(row),
        reason: String(row['reason']),
        async remove() {
          await client.send(new DeleteCommand({ TableName, Key: { pk: row.pk, sk: row.sk } }));
        },
      }));
  }
}

/** Counts the quarantined messages, by reason. */
export async function countQuarantine(
  deployment: Deployment,
  day?: string,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const rows of quarantinedRows(deployment, day))
    for (const row of rows) {
      const reason = String(row['reason']);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  return counts;
}

/** Counts the messages of a queue, including those that another reader has received. */
export async function countMessages({ sqs }: Deployment, queueUrl: string): Promise<number> {
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return (
    Number(attributes?.['ApproximateNumberOfMessages'] ?? 0) +
    Number(attributes?.['ApproximateNumberOfMessagesNotVisible'] ?? 0)
  );
}

/** How long SQS hides a received message from every reader, including this one, unless it is released. */
const VISIBILITY_SECONDS = 300;

/** Reads every message of a queue exactly once, even if reading takes longer than the visibility timeout. */
export async function* readQueue({ sqs }: Deployment, queueUrl: string): DeadLetterBatches {
  const seen = new Set<string>();
  /** The messages that this reader hides, with the receipt handle of their last receive. Only that handle is valid. */
  const hidden = new Map<string, string | undefined>();
  /** How many known messages were received since the last new one. If it exceeds all hidden messages, no new one is left. */
  let repeated = 0;
  async function release(handle: string | undefined): Promise<void> {
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: handle, VisibilityTimeout: 0 }),
    );
  }
  try {
    for (;;) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: BATCH,
          VisibilityTimeout: VISIBILITY_SECONDS,
          // Long polling reads every server of the queue. Without it, an empty response would not mean an empty queue.
          WaitTimeSeconds: 1,
        }),
      );
      for (const { MessageId: id = '', ReceiptHandle: handle } of messages) hidden.set(id, handle);
      // A known message became visible again, and this receive hides it again. New messages may follow it.
      const fresh = messages.filter(({ MessageId: id = '' }) => !seen.has(id));
      for (const { MessageId: id = '' } of fresh) seen.add(id);
      repeated = fresh.length > 0 ? 0 : repeated + messages.length;
      if (messages.length === 0 || repeated > hidden.size) return;
      yield fresh.map(({ MessageId: id = '', Body: body = '' }) => ({
        id,
        body,
        async remove() {
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: hidden.get(id) }));
          hidden.delete(id);
        },
      }));
    }
  } finally {
    const handles = [...hidden.values()];
    for (let first = 0; first < handles.length; first += BATCH)
      // A message that cannot be released becomes visible after its timeout. An error here must not hide the result of the command.
      await Promise.allSettled(handles.slice(first, first + BATCH).map(release));
  }
}
