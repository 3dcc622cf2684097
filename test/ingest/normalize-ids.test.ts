import { describe, expect, it } from 'vitest';
import { emailEventId } from '../../lambdas/core/event-ids.ts';
import { isId } from '../../lambdas/core/ids.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { LEGACY_SAMPLES, SAMPLES, minimalMail } from '../../sim/ses/samples.ts';

const MESSAGE_ID = SAMPLES.send.mail.messageId;

function idsOf(ses: object): string[] {
  return normalize({ ...ses }).events.map((event) => event.event_id);
}

describe('the event id', () => {
  it('is the same every time the event is read', () => {
    for (const sample of Object.values(SAMPLES))
      expect(idsOf(sample)).toEqual(idsOf(structuredClone(sample)));
  });

  it('is evt_ with 26 characters', () => {
    for (const id of Object.values(SAMPLES).flatMap(idsOf)) expect(isId('evt', id)).toBe(true);
  });

  it('is the same in event publishing and in the legacy notification of a bounce', () => {
    const legacy = {
      ...LEGACY_SAMPLES.bounce,
      mail: { ...LEGACY_SAMPLES.bounce.mail, messageId: MESSAGE_ID },
    };
    expect(idsOf(legacy)).toEqual(idsOf(SAMPLES.bounce));
  });

  it('ignores the case of the recipient and the name before the address', () => {
    const upperCase = {
      ...SAMPLES.send,
      mail: { ...SAMPLES.send.mail, destination: ['Ann <RECIPIENT@Example.com>'] },
    };
    expect(idsOf(upperCase)).toEqual(idsOf(SAMPLES.send));
  });

  it('is one for a recipient that is listed twice', () => {
    const destination = ['a@example.com', 'A@example.com'];
    expect(idsOf({ eventType: 'Send', mail: minimalMail({ destination }) })).toHaveLength(1);
  });

  it('differs by recipient, type, time, feedback id and link', () => {
    const later = {
      ...SAMPLES.delivery,
      delivery: { ...SAMPLES.delivery.delivery, timestamp: '2016-10-19T23:21:04.134Z' },
    };
    const otherFeedback = { ...SAMPLES.bounce, bounce: { ...SAMPLES.bounce.bounce, feedbackId: 'other' } };
    const otherLink = { ...SAMPLES.click, click: { ...SAMPLES.click.click, link: 'https://example.com/' } };
    const all = [...Object.values(SAMPLES), later, otherFeedback, otherLink].flatMap(idsOf);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('the event id is a hash of message, event, recipient and natural key', () => {
  const to = 'recipient@example.com';
  const bare = minimalMail();
  const timestamp = '2026-02-25T12:00:00.000Z';
  const timeMs = String(Date.parse(timestamp));

  it.each([
    ['Delivery', 'delivered', { delivery: { timestamp } }, [timeMs]],
    ['Delivery', 'delivered', { delivery: {} }, []],
    ['Bounce', 'soft_bounced', { bounce: { timestamp, feedbackId: 'f' } }, ['f']],
    ['Bounce', 'soft_bounced', { bounce: { timestamp } }, [timeMs]],
    ['Complaint', 'complained', { complaint: {} }, []],
    ['Open', 'opened', { open: { timestamp, ipAddress: '192.0.2.1' } }, [timeMs, '', '192.0.2.1']],
    ['Click', 'clicked', { click: { timestamp } }, [timeMs, '', '']],
    ['Click', 'clicked', { click: { link: 'https://a.example/' } }, ['https://a.example/', '']],
    ['Subscription', 'subscription_changed', { subscription: { timestamp } }, [timeMs]],
    ['Send', 'sent', { send: {} }, []],
    ['Reject', 'failed', { reject: {} }, ['message_rejected']],
    ['Rendering Failure', 'failed', { failure: {} }, ['rendering_failure']],
    ['Novel', 'unknown', { novel: { timestamp } }, ['Novel', timeMs]],
  ] as const)('of %s: event %s of %j has the natural key %j', (eventType, event, body, naturalKey) => {
    expect(idsOf({ eventType, mail: bare, ...body })).toEqual([
      emailEventId({ messageId: String(bare['messageId']), event, to, naturalKey }),
    ]);
  });
});
