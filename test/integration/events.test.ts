/** SES events published directly to the topic, as SES publishes them for emails that were sent without our API. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lambdas/core/json.ts';
import { getRawEvent } from '../../lambdas/store/events.ts';
import { LEGACY_SAMPLES, SAMPLES } from '../../sim/ses/samples.ts';
import { createHook, logsOf, publish, stack, table, type Hook } from './client.ts';
import { asNew, quarantined } from './ses.ts';

let hook: Hook;
beforeAll(async () => {
  hook = await createHook(['*']);
});
afterAll(() => hook.remove());

async function statusesOf(messageId: string, count: number): Promise<string[]> {
  return (await logsOf(messageId, count))
    .map((entry) => `${entry.to} ${entry.type} ${entry.status}`)
    .toSorted();
}

const TO = 'recipient@example.com';
const OTHER = 'other@example.com';

describe('an event published to the topic', () => {
  it.each<[string, JsonObject, string[]]>([
    ['Send', SAMPLES.send, [`${TO} send sent`]],
    ['Delivery to two', SAMPLES.delivery, [`${OTHER} send delivered`, `${TO} send delivered`]],
    ['DeliveryDelay', SAMPLES.deliveryDelay, [`${TO} send delayed`]],
    ['Bounce of two', SAMPLES.bounce, [`${OTHER} bounce bounced`, `${TO} bounce bounced`]],
    ['Complaint', SAMPLES.complaint, [`${TO} complaint complained`]],
    ['Reject', SAMPLES.reject, [`${TO} send failed`]],
    ['Rendering Failure of two', SAMPLES.renderingFailure, [`${OTHER} send failed`, `${TO} send failed`]],
    ['Open', SAMPLES.open, [`${TO} engagement opened`]],
    ['Click', SAMPLES.click, [`${TO} engagement clicked`]],
    ['Subscription', SAMPLES.subscription, [`${TO} engagement unsubscribed`]],
    ['legacy Bounce', LEGACY_SAMPLES.bounce, [`${OTHER} bounce bounced`, `${TO} bounce bounced`]],
    ['legacy Complaint', LEGACY_SAMPLES.complaint, [`${TO} complaint complained`]],
    ['legacy Delivery', LEGACY_SAMPLES.delivery, [`${TO} send delivered`]],
    ['an unknown event type', { eventType: 'Novel', mail: SAMPLES.send.mail }, [`${TO} other unknown`]],
  ])('appears in the log: %s', async (_type, sample, expected) => {
    const { ses, messageId } = asNew(sample);
    await publish(ses);
    expect(await statusesOf(messageId, expected.length)).toEqual(expected);
  });

  it('sends one webhook per recipient, each with its own diagnostic', async () => {
    const { ses, messageId } = asNew(SAMPLES.bounce);
    await publish(ses);
    const bodies = (await hook.requests(2, messageId)).map((request) => JSON.parse(request.raw_body));
    expect(bodies).toHaveLength(2);
    expect(bodies.find((body) => body.to === TO)).toMatchObject({
      diagnostic_code: 'smtp; 550 5.1.1 user unknown',
      reason: 'unknown_user',
    });
    expect(bodies.find((body) => body.to === OTHER)).not.toHaveProperty('diagnostic_code');
  });

  it('stores the SES event byte for byte', async () => {
    const { ses, messageId } = asNew(SAMPLES.complaint);
    await publish(ses);
    const [entry] = await logsOf(messageId, 1);
    const address = {
      workspace_id: stack.workspace_id,
      message_id: messageId,
      timestamp: entry?.timestamp ?? '',
      event_id: entry?.event_id ?? '',
    };
    expect(await getRawEvent(table, address)).toBe(JSON.stringify(ses));
  });
});

describe('a message published three times', () => {
  it('appears once and is delivered once', async () => {
    const { ses, messageId } = asNew(SAMPLES.complaint);
    await publish(ses);
    await hook.requests(1, messageId);
    await publish(ses);
    await publish(ses);

    // This event was published after them. Once it has arrived, they have arrived too.
    const later = asNew(SAMPLES.complaint);
    await publish(later.ses);
    await hook.requests(1, later.messageId);
    expect(await logsOf(messageId, 1)).toHaveLength(1);
    expect(await hook.seen(messageId)).toHaveLength(1);
  });
});

describe('unreadable messages between two readable events', () => {
  it('are quarantined with their reasons, and both events are stored', async () => {
    const mark = randomUUID();
    const [before, after] = [asNew(SAMPLES.send), asNew(SAMPLES.send)];
    await Promise.all([
      publish(before.ses),
      publish(`this is not JSON ${mark}`),
      publish({ hello: mark }),
      publish({ eventType: 'Send', mark }),
      publish(after.ses),
    ]);
    await logsOf(before.messageId, 1);
    await logsOf(after.messageId, 1);

    const rows = await quarantined(mark, 3);
    expect(rows).toHaveLength(3);
    expect(new Set(rows.map(({ reason }) => reason))).toEqual(
      new Set(['missing_mail', 'not_json', 'not_ses']),
    );
  });
});
