/**
 * The first delay of an email to one recipient has a row of its own, so that the tally function counts each delayed email once. SES
 * reports an email that stays delayed several times (docs/adr/0038-counters-by-dimension.md).
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { EmailEvent } from '../core/events.ts';
import { eventRows, toEmailEvent, type Retention } from './event-rows.ts';
import { KIND, firstDelayKey } from './keys.ts';
import type { Row, Table } from './table.ts';
import { retryRefused } from './transact.ts';

/** The row has the counted fields of the event, and the event's sort key. It is in no index. */
function firstDelayRow(event: EmailEvent, retention: Retention): Row | undefined {
  const [row] = eventRows([event], retention);
  if (!row) return undefined;
  const { sk, g1pk: _name, g2pk: _recipient, subject: _subject, ...fields } = row;
  return { ...fields, ...firstDelayKey(event), kind: KIND.firstDelay, event_sk: sk };
}

/**
 * Stores the first delay of the event's email to its recipient. Does nothing if a delay is already stored. Throws if DynamoDB does not
 * accept the write.
 */
export async function storeFirstDelay(table: Table, event: EmailEvent, retention: Retention): Promise<void> {
  const Item = firstDelayRow(event, retention);
  if (!Item) return;
  const put = new PutCommand({
    TableName: table.name,
    Item,
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  try {
    await retryRefused(() => table.client.send(put), table.random);
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** The event of the first delay. Throws for a row without the key of an event. */
export function firstDelayEvent(row: Row): EmailEvent {
  return toEmailEvent({ ...row, sk: String(row['event_sk']) });
}
