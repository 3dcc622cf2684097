/** SES events for tests, and the messages that were quarantined. */
import { randomUUID } from 'node:crypto';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { isJsonObject, type JsonObject } from '../../lambdas/core/json.ts';
import { quarantineKey } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { quarantinedBody } from '../../lambdas/store/quarantine.ts';
import { table, until } from './client.ts';

export interface NewEvent {
  readonly ses: JsonObject;
  readonly messageId: string;
}

/** Turns a sample into the event of a new email that was sent today. */
export function asNew(sample: JsonObject): NewEvent {
  const messageId = `0100019c00000000-${randomUUID()}-000000`;
  const now = new Date().toISOString();
  const body = Object.entries(sample).map(([name, value]) =>
    isJsonObject(value) && 'timestamp' in value ? [name, { ...value, timestamp: now }] : [name, value],
  );
  const ses = Object.fromEntries(body) as JsonObject;
  const mail = isJsonObject(ses['mail']) ? ses['mail'] : {};
  return { ses: { ...ses, mail: { ...mail, messageId, timestamp: now } }, messageId };
}

/** The messages quarantined today or yesterday whose body contains `mark`, as soon as there are at least `count`. */
export function quarantined(
  mark: string,
  count: number,
): Promise<readonly { readonly reason: string; readonly body: string }[]> {
  return until(`${count} quarantined messages of ${mark}`, async () => {
    // The message may have been quarantined before midnight, so yesterday's partition is read too.
    const days = [0, 24 * 3_600_000].map((agoMs) => new Date(Date.now() - agoMs).toISOString());
    const responses = await Promise.all(
      days.map((day) =>
        table.client.send(
          new QueryCommand({
            TableName: table.name,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': quarantineKey(day, '').pk },
          }),
        ),
      ),
    );
    const all = responses
      .flatMap(({ Items = [] }) => Items as Row[])
      .map((row) => ({
        reason: String(row['reason']),
        body: quarantinedBody(row),
      }));
    const marked = all.filter(({ body }) => body.includes(mark));
    return marked.length >= count ? marked : undefined;
  });
}
