/** Faults of the fault table about messages that SES publishes, sent through the topic of the deployed stack. */
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import { getRawEvent } from '../../lambdas/store/events.ts';
import { LEGACY_SAMPLES, SAMPLES, snsEnvelope } from '../../sim/ses/samples.ts';
import { fault } from '../proof/faults/fault.ts';
import { createHook, logsOf, newTenant, publish, sendEmail, stack, table, until } from './client.ts';
import { asNew, quarantined, type NewEvent } from './ses.ts';

/** The largest message that SNS accepts. */
const MAX_MESSAGE_BYTES = 256 * 1024;

/** Text of this length that is hard to compress. */
function incompressible(bytes: number): string {
  return randomBytes(bytes).toString('base64').slice(0, bytes);
}

/** The longest possible event, including the line feed with which SES ends a message. */
function longestEvent(): NewEvent {
  const { ses, messageId } = asNew(SAMPLES.complaint);
  const padded = (bytes: number) => ({
    ...ses,
    complaint: { ...SAMPLES.complaint.complaint, padding: incompressible(bytes) },
  });
  const unpaddedBytes = Buffer.byteLength(`${JSON.stringify(padded(0))}\n`);
  return { ses: padded(MAX_MESSAGE_BYTES - unpaddedBytes), messageId };
}

async function statusesOf(messageId: string, count: number): Promise<string> {
  return (await logsOf(messageId, count)).map(({ status }) => status).join(' ');
}

describe('SES that publishes', () => {
  fault(33, async () => {
    const mark = randomUUID();
    const novel = asNew({ eventType: 'Novel', mail: SAMPLES.send.mail });
    const legacy = asNew(LEGACY_SAMPLES.complaint);
    const enveloped = asNew(SAMPLES.delivery);
    const long = longestEvent();
    const neighbors = Array.from({ length: 4 }, () => asNew(SAMPLES.send));
    const unreadable = {
      missing_mail: JSON.stringify({ eventType: 'Send', mark }),
      not_json: `no JSON ${mark}`,
      not_ses: JSON.stringify({ hello: mark }),
      not_an_object: JSON.stringify([mark]),
      not_a_notification: JSON.stringify({
        Type: 'SubscriptionConfirmation',
        TopicArn: stack.topic_arn,
        Message: mark,
      }),
    };
    const longText = `${mark} ${incompressible(MAX_MESSAGE_BYTES - mark.length - 1)}`;
    await Promise.all([
      ...[novel, legacy, long, ...neighbors].map(({ ses }) => publish(ses)),
      publish(snsEnvelope(enveloped.ses, stack.topic_arn)),
      ...[...Object.values(unreadable), longText].map(publish),
    ]);

    const stored = {
      'unknown type': await statusesOf(novel.messageId, 1),
      legacy: await statusesOf(legacy.messageId, 1),
      envelope: await statusesOf(enveloped.messageId, 2),
      '256 KB': await statusesOf(long.messageId, 1),
    };
    expect(stored).toEqual({
      'unknown type': 'unknown',
      legacy: 'complained',
      envelope: 'delivered delivered',
      '256 KB': 'complained',
    });
    const neighborStatuses = await Promise.all(neighbors.map(({ messageId }) => statusesOf(messageId, 1)));
    expect(neighborStatuses).toEqual(neighbors.map(() => 'sent'));
    const [entry] = await logsOf(long.messageId, 1);
    const { timestamp = '', event_id = '' } = entry ?? {};
    const address = { workspace_id: stack.workspace_id, message_id: long.messageId, timestamp, event_id };
    expect(await getRawEvent(table, address)).toBe(JSON.stringify(long.ses));

    const messages = await quarantined(mark, Object.keys(unreadable).length + 1);
    const reasons = messages.map(({ reason }) => reason).toSorted();
    expect(reasons).toEqual([...Object.keys(unreadable), 'not_json'].toSorted());
    expect(messages.map(({ body }) => body.trimEnd()).toSorted()).toEqual(
      [...Object.values(unreadable), longText].toSorted(),
    );
    const outcomes = Object.entries(stored).map(([kind, statuses]) => `${kind}: ${statuses}`);
    return `${outcomes.join(', ')}; ${neighborStatuses.length} neighbors ${[...new Set(neighborStatuses)].join()}; quarantined unchanged: ${reasons.join(', ')}`;
  });

  fault(35, async () => {
    const { api, id } = await newTenant('recipients');
    const hook = await createHook(['bounced', 'delivered'], api);
    const destination = ['Ann+News@Example.COM', 'BOB@example.com', 'Carol <carol@example.com>'];
    const mail = { ...SAMPLES.send.mail, destination, tags: { ivymail_workspace: [id] } };
    const bounceOf = (...addresses: string[]) => ({
      ...SAMPLES.bounce.bounce,
      bouncedRecipients: addresses.map((emailAddress) => ({ emailAddress })),
    });
    const { ses, messageId } = asNew({
      eventType: 'Bounce',
      mail,
      bounce: bounceOf('Ann+News@Example.COM', 'BOB@example.com'),
    });
    const now = new Date().toISOString();
    const delivered = {
      eventType: 'Delivery',
      mail: ses['mail'],
      delivery: { timestamp: now, recipients: ['Carol <carol@example.com>'] },
    };
    await Promise.all([
      publish({ eventType: 'Send', mail: ses['mail'], send: {} }),
      publish(ses),
      publish(delivered),
    ]);
    await logsOf(messageId, 6, api);
    const timeline = await api('GET', `/v1/send/logs/${messageId}`);
    const statuses = timeline.body.recipients
      .map(
        ({ to, status, events }: { to: string; status: string; events: object[] }) =>
          `${to} ${status} (${events.length} events)`,
      )
      .toSorted();
    expect(statuses).toEqual([
      'Ann+News@Example.COM bounced (2 events)',
      'BOB@example.com bounced (2 events)',
      'carol@example.com delivered (2 events)',
    ]);

    // Both addresses bounce again, for another email and in another spelling.
    const again = asNew({
      eventType: 'Bounce',
      mail,
      bounce: bounceOf('ann+news@example.com', 'Bob@EXAMPLE.com'),
    });
    // If both bounces were in one batch, either could be the cause of the suppression.
    await until('two suppressions', async () => {
      const { body } = await api('GET', '/v1/suppressions');
      return body?.data?.length >= 2 ? true : undefined;
    });
    await publish(again.ses);
    await hook.requests(2, again.messageId);
    await hook.requests(3, messageId);
    const list = await until('two suppressions', async () => {
      const { body } = await api('GET', '/v1/suppressions');
      return body.data.length >= 2 ? body.data : undefined;
    });
    const found = await Promise.all(
      ['ann+news@example.com', 'ANN+NEWS@EXAMPLE.COM', 'bob@example.com', 'BoB@Example.com'].map(
        async (address) => {
          const { body } = await api('GET', `/v1/suppressions/${encodeURIComponent(address)}`);
          return body.event_id;
        },
      ),
    );
    const events = await logsOf(messageId, 6, api);
    const caused = (to: string) =>
      events.find((each) => each.to === to && each.status === 'bounced')?.event_id;
    const [ann, bob] = [caused('Ann+News@Example.COM'), caused('BOB@example.com')];
    expect(found).toEqual([ann, ann, bob, bob]);

    const sent = await sendEmail(api, {
      to: ['ANN+news@example.com', 'bob@Example.Com', 'ann@example.com', 'carol@example.com'],
    });
    const later = await logsOf(sent, 6, api);
    const suppressed = later.filter(({ status }) => status === 'suppressed').map(({ to = '' }) => to);
    expect(suppressed.toSorted()).toEqual(['ANN+news@example.com', 'bob@Example.Com']);
    const after = await api('GET', '/v1/suppressions');
    expect([list.length, after.body.data.length]).toEqual([2, 2]);
    return `${statuses.join(', ')}; bounced again in other letter case: ${after.body.data.length} suppressions; of an email to both addresses, to one without its plus tag and to the third address: ${suppressed.length} suppressed`;
  });
});
