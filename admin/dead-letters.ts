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

/** Something that was set aside. */
export interface DeadLetter {
  readonly id: string;
  readonly body: string;
  readonly reason?: string;
  /** Takes it out of there, once it is dealt with. */
  remove(): Promise<void>;
}

/** A few at a time; what was not removed is back in the view of others when the last one is read, or no more is wanted. */
export type DeadLetterBatches = AsyncGenerator<readonly DeadLetter[], void>;

/** The place of what could not be read; the others are queues. */
export const QUARANTINE = 'quarantine';
/** As long as a queue keeps what was set aside there. */
export const QUARANTINE_DAYS = 14;
const DAY_MS = 86_400_000;
const BATCH = 10;

function lastDays(): readonly string[] {
  return Array.from({ length: QUARANTINE_DAYS }, (_, ago) =>
    new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10),
  );
}

/** The quarantined rows of a day, or of the last ones: newest first, so that one that comes back today is not met again. */
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

/** How many messages are quarantined, by reason. */
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

/** How many messages a queue holds, those included that somebody is looking at. */
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

/** How long what is looked at is hidden, from us too, where nobody releases it. */
const LOOK_SECONDS = 300;

/** Everything in a queue, each message once, however long it takes. */
export async function* readQueue({ sqs }: Deployment, queueUrl: string): DeadLetterBatches {
  const seen = new Set<string>();
  /** What is hidden by us, with the handle that counts: that of the last time it was received. */
  const held = new Map<string, string | undefined>();
  /** How many have come back since there was a new one: when all have, there is none. */
  let again = 0;
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
          VisibilityTimeout: LOOK_SECONDS,
          // Every server of the queue is asked: only then does nothing mean that there is nothing.
          WaitTimeSeconds: 1,
        }),
      );
      for (const { MessageId: id = '', ReceiptHandle: handle } of messages) held.set(id, handle);
      // What was seen before has come back into view, and is hidden again now; others may be behind it.
      const fresh = messages.filter(({ MessageId: id = '' }) => !seen.has(id));
      for (const { MessageId: id = '' } of fresh) seen.add(id);
      again = fresh.length > 0 ? 0 : again + messages.length;
      if (messages.length === 0 || again > held.size) return;
      yield fresh.map(({ MessageId: id = '', Body: body = '' }) => ({
        id,
        body,
        async remove() {
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: held.get(id) }));
          held.delete(id);
        },
      }));
    }
  } finally {
    const handles = [...held.values()];
    for (let first = 0; first < handles.length; first += BATCH)
      // One that is not released comes back by itself: no reason to lose the report of what was done.
      await Promise.allSettled(handles.slice(first, first + BATCH).map(release));
  }
}
