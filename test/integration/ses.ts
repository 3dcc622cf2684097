/** SES events made by hand, and what became of those that could not be read. */
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

/** A sample as the event of a mail of its own that was sent today. */
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

/** Reason and body of the messages quarantined today or yesterday that hold `mark`, as soon as there are so many. */
export function quarantined(
  mark: string,
  count: number,
): Promise<readonly { readonly reason: string; readonly body: string }[]> {
  return until(`${count} quarantined messages of ${mark}`, async () => {
    // Midnight may lie between the quarantine and the look.
    const days = [0, 24 * 3_600_000].map((agoMs) => new Date(Date.now() - agoMs).toISOString());
    const answers = await Promise.all(
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
    const all = answers
      .flatMap(({ Items = [] }) => Items as Row[])
      .map((row) => ({
        reason: String(row['reason']),
        body: quarantinedBody(row),
      }));
    const ours = all.filter(({ body }) => body.includes(mark));
    return ours.length >= count ? ours : undefined;
  });
}
