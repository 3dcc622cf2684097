import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadableMessage } from '../../lambdas/core/errors.ts';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { normalize, type UnownedEvent } from '../../lambdas/ingest/normalize.ts';
import { randomSesEvents } from '../../sim/ses/random-events.ts';
import { LEGACY_SAMPLES, SAMPLES, minimalMail } from '../../sim/ses/samples.ts';

const TAGS = [
  ['myCustomTag1', 'myCustomTagVal1'],
  ['myCustomTag2', 'myCustomTagVal2'],
];
const MAIL = {
  message_id: 'EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000',
  from: 'sender@example.com',
  subject: 'Message sent from Amazon SES',
  tags: TAGS,
  configuration_set: 'ConfigSet',
};

/** The events without their ids. The ids have tests of their own. */
function eventsOf(ses: object): Omit<UnownedEvent, 'event_id'>[] {
  return normalize({ ...ses }).events.map(({ event_id: _id, ...event }) => event);
}

function refusalOf(ses: object): string {
  try {
    normalize({ ...ses });
    return 'none';
  } catch (error) {
    if (error instanceof UnreadableMessage) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

describe('normalize refuses', () => {
  it.each([
    [
      'a message without a type',
      { mail: SAMPLES.send.mail },
      'not_ses: The message has neither eventType nor notificationType',
    ],
    [
      'a type that is not a string',
      { eventType: 1, mail: SAMPLES.send.mail },
      'not_ses: The message has neither eventType nor notificationType',
    ],
    [
      'an event without its mail object',
      { eventType: 'Send' },
      'missing_mail: The Send event has no mail object',
    ],
    [
      'an event whose mail object is a list',
      { eventType: 'Send', mail: [] },
      'missing_mail: The Send event has no mail object',
    ],
    [
      'a mail object without a message id',
      { eventType: 'Send', mail: { timestamp: '2016-10-19T23:20:52.240Z' } },
      'bad_message_id: The Send event has no usable mail.messageId',
    ],
    [
      'a message id that cannot be part of a table key',
      { eventType: 'Send', mail: minimalMail({ messageId: 'a b' }) },
      'bad_message_id: The Send event has no usable mail.messageId',
    ],
    [
      'a message id that is too long',
      { eventType: 'Send', mail: minimalMail({ messageId: 'x'.repeat(257) }) },
      'bad_message_id: The Send event has no usable mail.messageId',
    ],
    [
      'an event without a readable timestamp',
      { eventType: 'Send', mail: minimalMail({ timestamp: 'soon' }) },
      'bad_timestamp: The Send event has no readable timestamp',
    ],
  ])('%s', (_case, ses, refusal) => {
    expect(refusalOf(ses)).toBe(refusal);
  });

  it('every unreadable event with an UnreadableMessage and no other error', () => {
    const types = fc.constantFrom(...Object.values(SAMPLES).map((sample) => sample.eventType), 'Novel');
    const bodies = ['bounce', 'complaint', 'delivery', 'open', 'click', 'mail', 'failure', 'deliveryDelay'];
    const ses = fc.record({
      eventType: types,
      mail: fc.object(),
      ...Object.fromEntries(bodies.map((body) => [body, fc.anything()])),
    });
    fc.assert(
      fc.property(ses, (value) => {
        expect(typeof refusalOf(value as object)).toBe('string');
      }),
    );
  });
});

describe('normalize converts each SES event type:', () => {
  const to = 'recipient@example.com';

  it('Send', () => {
    expect(eventsOf(SAMPLES.send)).toEqual([
      { ...MAIL, event: 'sent', to, timestamp: '2016-10-19T23:20:52.240Z', details: {} },
    ]);
  });

  it('Delivery, with one event for each recipient that it names', () => {
    const delivered = {
      ...MAIL,
      event: 'delivered',
      timestamp: '2016-10-19T23:21:04.133Z',
      time_to_delivery_ms: 11_893,
      details: {},
    };
    expect(eventsOf(SAMPLES.delivery)).toEqual([
      { ...delivered, to },
      { ...delivered, to: 'other@example.com' },
    ]);
  });

  it('DeliveryDelay of an email without headers', () => {
    expect(eventsOf(SAMPLES.deliveryDelay)).toEqual([
      {
        message_id: MAIL.message_id,
        event: 'delayed',
        to,
        from: 'sender@example.com',
        timestamp: '2020-06-16T00:25:40.095Z',
        details: {
          delay_type: 'TransientCommunicationFailure',
          expires_at: '2020-06-16T00:25:40.914Z',
          reason: 'network',
        },
      },
    ]);
  });

  it('Bounce, where each recipient has its own diagnostic code and an empty code is left out', () => {
    const bounced = { ...MAIL, event: 'bounced', timestamp: '2017-08-05T00:41:02.669Z' };
    const details = { bounce_type: 'Permanent', bounce_subtype: 'General' };
    expect(eventsOf(SAMPLES.bounce)).toEqual([
      {
        ...bounced,
        to,
        details: { ...details, diagnostic_code: 'smtp; 550 5.1.1 user unknown', reason: 'unknown_user' },
      },
      { ...bounced, to: 'other@example.com', details: { ...details, reason: 'unknown' } },
    ]);
  });

  it('Complaint with a subtype that is null', () => {
    expect(eventsOf(SAMPLES.complaint)).toEqual([
      {
        ...MAIL,
        event: 'complained',
        to,
        timestamp: '2017-08-05T00:41:02.669Z',
        details: { feedback_type: 'abuse' },
      },
    ]);
  });

  it('Reject', () => {
    expect(eventsOf(SAMPLES.reject)).toEqual([
      {
        ...MAIL,
        event: 'failed',
        to,
        timestamp: '2016-10-19T23:20:52.240Z',
        details: { error_code: 'message_rejected', error_message: 'Bad content' },
      },
    ]);
  });

  it('Rendering Failure, with one event for each recipient', () => {
    const details = {
      error_code: 'rendering_failure',
      error_message: "Attribute 'attributeName' is not present in the rendering data.",
    };
    expect(eventsOf(SAMPLES.renderingFailure).map((event) => [event.event, event.to, event.details])).toEqual(
      [
        ['failed', to, details],
        ['failed', 'other@example.com', details],
      ],
    );
  });

  it('Open', () => {
    expect(eventsOf(SAMPLES.open)).toEqual([
      {
        ...MAIL,
        event: 'opened',
        to,
        timestamp: '2017-08-09T22:00:19.652Z',
        details: { ip: '192.0.2.1', user_agent: 'Mozilla/5.0 (iPhone)' },
      },
    ]);
  });

  it('Click', () => {
    expect(eventsOf(SAMPLES.click)[0]).toMatchObject({
      event: 'clicked',
      to,
      details: {
        ip: '192.0.2.1',
        link: 'http://docs.aws.amazon.com/ses/latest/DeveloperGuide/send-email-smtp.html',
      },
    });
  });

  it('Open without a link, even if its body has one', () => {
    const open = { ...SAMPLES.open.open, link: 'https://example.com/' };
    expect(eventsOf({ ...SAMPLES.open, open })[0]?.details).not.toHaveProperty('link');
  });

  it('Subscription', () => {
    expect(eventsOf(SAMPLES.subscription)).toEqual([
      {
        ...MAIL,
        event: 'unsubscribed',
        to,
        timestamp: '2022-01-12T01:00:17.910Z',
        details: {
          contact_list: 'ContactListName',
          topics: [{ name: 'T', status: 'OptOut' }],
          unsubscribe_all: true,
        },
      },
    ]);
  });

  it('a type that SES adds later, with the time in its body', () => {
    const novel = {
      eventType: 'Quarantined',
      mail: SAMPLES.send.mail,
      quarantine: { timestamp: '2027-01-01T00:00:00.000Z' },
    };
    expect(eventsOf(novel)).toEqual([
      { ...MAIL, event: 'unknown', to, timestamp: '2027-01-01T00:00:00Z', details: {} },
    ]);
  });

  it('a type that SES adds later, with the time of the first object that has one', () => {
    const novel = {
      extra: { size: 1 },
      eventType: 'Quarantined',
      mail: SAMPLES.send.mail,
      quarantine: { timestamp: '2027-01-01T00:00:00.000Z' },
    };
    expect(eventsOf(novel)[0]?.timestamp).toBe('2027-01-01T00:00:00Z');
  });

  it.each([
    ['Bounce', LEGACY_SAMPLES.bounce, ['bounced', 'bounced']],
    ['Complaint', LEGACY_SAMPLES.complaint, ['complained']],
    ['Delivery', LEGACY_SAMPLES.delivery, ['delivered']],
  ])('a legacy %s notification, which has no tags', (_type, ses, names) => {
    const events = eventsOf(ses);
    expect(events.map((event) => event.event)).toEqual(names);
    expect(events[0]).toMatchObject({ to, from: 'sender@example.com' });
    expect(events[0]).not.toHaveProperty('tags');
  });
});

describe('a bounce', () => {
  const bounce = (bounceType: string | null, bounceSubType: string | null) => ({
    ...SAMPLES.bounce,
    bounce: { ...SAMPLES.bounce.bounce, bounceType, bounceSubType },
  });

  it.each([
    ['Transient', 'General', 'soft_bounced'],
    ['Transient', 'MailboxFull', 'soft_bounced'],
    ['Undetermined', 'Undetermined', 'soft_bounced'],
    ['Permanent', 'NoEmail', 'bounced'],
    ['Permanent', null, 'bounced'],
    ['Permanent', 'AddedLater', 'bounced'],
    ['AddedLater', 'General', 'soft_bounced'],
    [null, null, 'soft_bounced'],
  ])('of type %s and subtype %s is %s', (type, subtype, event) => {
    expect(eventsOf(bounce(type, subtype))[0]?.event).toBe(event);
  });

  it.each(['NotOnAccountSuppressionList', 'OnAccountSuppressionListing'])(
    'with the subtype %s, which only resembles a suppression list, is not a suppression',
    (subtype) => {
      expect(eventsOf(bounce('Permanent', subtype))[0]?.event).toBe('bounced');
    },
  );

  it.each([
    ['Suppressed', 'ses_global'],
    ['OnAccountSuppressionList', 'ses_account'],
    ['OnTenantSuppressionList', 'ses_tenant'],
    ['EmailValidationSuppressed', 'validation'],
    ['UnsubscribedRecipient', 'unsubscribed'],
    ['OnSomeLaterSuppressionList', 'ses_account'],
  ])('with the subtype %s is a suppression with the reason %s', (subtype, reason) => {
    expect(eventsOf(bounce('Permanent', subtype))[0]).toMatchObject({
      event: 'suppressed',
      details: { suppression_reason: reason },
    });
  });

  it('with a subtype that is a property of every object is not a suppression', () => {
    expect(eventsOf(bounce('Permanent', 'constructor'))[0]?.event).toBe('bounced');
  });
});

describe('a complaint', () => {
  const complaint = (changes: object) => ({
    ...SAMPLES.complaint,
    complaint: { ...SAMPLES.complaint.complaint, ...changes },
  });

  it('with the subtype of a suppression list has the suppression reason', () => {
    const suppressed = complaint({ complaintSubType: 'OnAccountSuppressionList' });
    expect(eventsOf(suppressed)[0]?.details).toEqual({ suppression_reason: 'ses_account' });
  });

  it.each([
    [
      'with the subtype of a suppression list',
      'suppressed',
      { complaintSubType: 'OnAccountSuppressionList', complaintFeedbackType: undefined },
    ],
    ['withdrawn with not-spam', 'unknown', { complaintFeedbackType: 'not-spam' }],
    ['without a feedback report', 'complained', { complaintFeedbackType: undefined }],
    ['of a feedback type that SES adds later', 'complained', { complaintFeedbackType: 'novel' }],
  ])('%s is %s', (_case, event, changes) => {
    expect(eventsOf(complaint(changes))[0]?.event).toBe(event);
  });
});

describe('500 random SES events', () => {
  it('become at least one event each, with a known name and a valid timestamp', () => {
    for (const ses of randomSesEvents({ seed: 3, count: 500 })) {
      const { events } = normalize(ses);
      expect(events.length).toBeGreaterThan(0);
      for (const event of events) {
        expect(EVENT_NAMES).toContain(event.event);
        expect(event.event).not.toBe('unknown');
        expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
      }
    }
  });
});

describe('normalize ignores the case of SES values', () => {
  const bounce = (changes: object) =>
    eventsOf({ ...SAMPLES.bounce, bounce: { ...SAMPLES.bounce.bounce, ...changes } })[0];

  it.each([
    [{ bounceType: 'PERMANENT', bounceSubType: 'GENERAL' }, 'bounced'],
    [{ bounceType: 'permanent', bounceSubType: 'NoEmail' }, 'bounced'],
    [{ bounceType: 'TRANSIENT' }, 'soft_bounced'],
    [{ bounceType: 'Undetermined' }, 'soft_bounced'],
    [{ bounceType: 'PERMANENT', bounceSubType: 'SUPPRESSED' }, 'suppressed'],
    [{ bounceType: 'Permanent', bounceSubType: 'onaccountsuppressionlist' }, 'suppressed'],
    [{ bounceType: 'Permanent', bounceSubType: 'ONREGIONSUPPRESSIONLIST' }, 'suppressed'],
  ])('in a bounce: %j gives %s', (changes, event) => {
    expect(bounce(changes)?.event).toBe(event);
  });

  it('and keeps the original case in the details', () => {
    const shown = { bounce_type: 'PERMANENT', bounce_subtype: 'GENERAL' };
    expect(bounce({ bounceType: 'PERMANENT', bounceSubType: 'GENERAL' })?.details).toMatchObject(shown);
  });

  it.each(['NOT-SPAM', 'Not-Spam'])('in a complaint that is withdrawn: %s', (complaintFeedbackType) => {
    const complaint = { ...SAMPLES.complaint.complaint, complaintFeedbackType };
    expect(eventsOf({ ...SAMPLES.complaint, complaint })[0]?.event).toBe('unknown');
  });

  it.each(Object.values(SAMPLES).map((sample) => [sample.eventType, sample] as const))(
    'in the event type %s',
    (eventType, sample) => {
      const upper = { ...sample, eventType: eventType.toUpperCase() };
      expect(eventsOf(upper)).toEqual(eventsOf(sample));
    },
  );
});

describe('a change of subscription', () => {
  const subscription = (newTopicPreferences: unknown) =>
    eventsOf({
      ...SAMPLES.subscription,
      subscription: { ...SAMPLES.subscription.subscription, newTopicPreferences },
    })[0];
  const topics = (...statuses: string[]) =>
    statuses.map((subscriptionStatus, index) => ({ topicName: `T${index}`, subscriptionStatus }));

  it.each([
    ['the recipient leaves the whole list', { unsubscribeAll: true, topicSubscriptionStatus: [] }],
    [
      'the recipient leaves the whole list and opts in to a topic',
      { unsubscribeAll: true, topicSubscriptionStatus: topics('OptIn') },
    ],
    [
      'the recipient leaves one topic',
      { unsubscribeAll: false, topicSubscriptionStatus: topics('OptIn', 'OptOut') },
    ],
    [
      'the recipient leaves one topic, as the SES API writes it',
      { topicSubscriptionStatus: topics('OPT_OUT') },
    ],
  ])('is unsubscribed if %s', (_case, preferences) => {
    expect(subscription(preferences)?.event).toBe('unsubscribed');
  });

  it.each([
    [
      'the recipient only opts in',
      { unsubscribeAll: false, topicSubscriptionStatus: topics('OptIn', 'OptIn') },
    ],
    ['the preferences are empty', {}],
    ['the preferences are missing', undefined],
    ['the preferences are not an object', 'OptOut'],
    ['the topics are not a list', { topicSubscriptionStatus: { subscriptionStatus: 'OptOut' } }],
    ['a topic has no name', { topicSubscriptionStatus: [{ subscriptionStatus: 'OptOut' }] }],
    ['a topic has no status', { topicSubscriptionStatus: [{ topicName: 'OptOut' }] }],
    ['a topic is not an object', { topicSubscriptionStatus: ['OptOut', null, 7, []] }],
    ['unsubscribeAll is a string', { unsubscribeAll: 'true' }],
  ])('is subscription_changed if %s', (_case, preferences) => {
    expect(subscription(preferences)?.event).toBe('subscription_changed');
  });

  it('skips invalid topics and keeps the valid ones', () => {
    const odd = [{ topicName: 'A' }, ...topics('OptIn'), { subscriptionStatus: 'OptOut' }, 'OptOut', {}];
    const changed = subscription({ topicSubscriptionStatus: odd });
    expect(changed?.details).toStrictEqual({
      contact_list: 'ContactListName',
      topics: [{ name: 'T0', status: 'OptIn' }],
    });
  });

  it('contains the contact list and the topics, and unsubscribe_all if the recipient leaves the whole list', () => {
    const details = {
      contact_list: 'ContactListName',
      topics: [
        { name: 'T0', status: 'OptIn' },
        { name: 'T1', status: 'OptOut' },
      ],
    };
    const topicSubscriptionStatus = topics('OptIn', 'OptOut');
    expect(subscription({ topicSubscriptionStatus })?.details).toStrictEqual(details);
    expect(subscription({ topicSubscriptionStatus, unsubscribeAll: true })?.details).toStrictEqual({
      ...details,
      unsubscribe_all: true,
    });
  });
});

describe('an open or a click', () => {
  it.each([
    ['Likely', true],
    ['LIKELY', true],
    ['Unlikely', undefined],
    [undefined, undefined],
    [true, undefined],
  ])('with isBotEvent %s has automated %s', (isBotEvent, automated) => {
    const open = { ...SAMPLES.open, open: { ...SAMPLES.open.open, isBotEvent } };
    const click = { ...SAMPLES.click, click: { ...SAMPLES.click.click, isBotEvent } };
    expect(eventsOf(open)[0]?.details.automated).toBe(automated);
    expect(eventsOf(click)[0]?.details.automated).toBe(automated);
  });
});
