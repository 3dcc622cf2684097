import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadableMessage } from '../../lambdas/core/errors.ts';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId, isId } from '../../lambdas/core/ids.ts';
import { chooseWorkspace, normalise, type UnownedEvent } from '../../lambdas/core/normalise.ts';
import { sesEvents } from '../fixtures/ses-events.ts';
import { LEGACY_SAMPLES, SAMPLES, bareMail } from '../fixtures/ses-samples.ts';

const TAGS = { myCustomTag1: 'myCustomTagVal1', myCustomTag2: 'myCustomTagVal2' };
const MAIL = {
  message_id: 'EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000',
  from: 'sender@example.com',
  subject: 'Message sent from Amazon SES',
  tags: TAGS,
};

/** Without the id, which has tests of its own. */
function eventsOf(ses: object): Omit<UnownedEvent, 'event_id'>[] {
  return normalise({ ...ses }).events.map(({ event_id: _id, ...event }) => event);
}

function reasonOf(ses: object): string {
  try {
    normalise({ ...ses });
    return 'none';
  } catch (error) {
    if (error instanceof UnreadableMessage) return error.reason;
    throw error;
  }
}

function idsOf(ses: object): string[] {
  return normalise({ ...ses }).events.map((event) => event.event_id);
}

describe('no event is made of', () => {
  it.each([
    ['a message without a type', { mail: SAMPLES.send.mail }, 'not_ses'],
    ['a type that is no text', { eventType: 1, mail: SAMPLES.send.mail }, 'not_ses'],
    ['an event without its mail', { eventType: 'Send' }, 'missing_mail'],
    ['an event whose mail is a list', { eventType: 'Send', mail: [] }, 'missing_mail'],
    [
      'a mail without an id',
      { eventType: 'Send', mail: { timestamp: '2016-10-19T23:20:52.240Z' } },
      'bad_message_id',
    ],
    [
      'an id no key can be made of',
      { eventType: 'Send', mail: bareMail({ messageId: 'a b' }) },
      'bad_message_id',
    ],
    [
      'an id that is far too long',
      { eventType: 'Send', mail: bareMail({ messageId: 'x'.repeat(257) }) },
      'bad_message_id',
    ],
    [
      'an event that says no time',
      { eventType: 'Send', mail: bareMail({ timestamp: 'soon' }) },
      'bad_timestamp',
    ],
  ])('%s', (_what, ses, reason) => {
    expect(reasonOf(ses)).toBe(reason);
  });

  it('anything, unless by an UnreadableMessage', () => {
    const types = fc.constantFrom(...Object.values(SAMPLES).map((sample) => sample.eventType), 'Novel');
    const bodies = ['bounce', 'complaint', 'delivery', 'open', 'click', 'mail', 'failure', 'deliveryDelay'];
    const ses = fc.record({
      eventType: types,
      mail: fc.object(),
      ...Object.fromEntries(bodies.map((body) => [body, fc.anything()])),
    });
    fc.assert(
      fc.property(ses, (value) => {
        expect(typeof reasonOf(value as object)).toBe('string');
      }),
    );
  });
});

describe('each type becomes its event, with the fields of the webhook', () => {
  const to = 'recipient@example.com';

  it('Send', () => {
    expect(eventsOf(SAMPLES.send)).toEqual([
      { ...MAIL, event: 'sent', to, timestamp: '2016-10-19T23:20:52.240Z', details: {} },
    ]);
  });

  it('Delivery, one for each recipient it names', () => {
    const delivered = { ...MAIL, event: 'delivered', timestamp: '2016-10-19T23:21:04.133Z', details: {} };
    expect(eventsOf(SAMPLES.delivery)).toEqual([
      { ...delivered, to },
      { ...delivered, to: 'other@example.com' },
    ]);
  });

  it('DeliveryDelay, of a mail without headers', () => {
    expect(eventsOf(SAMPLES.deliveryDelay)).toEqual([
      {
        message_id: MAIL.message_id,
        event: 'delayed',
        to,
        from: 'sender@example.com',
        timestamp: '2020-06-16T00:25:40.095Z',
        details: { delay_type: 'TransientCommunicationFailure', expires_at: '2020-06-16T00:25:40.914Z' },
      },
    ]);
  });

  it('Bounce, each recipient with its own diagnostic and none for an empty one', () => {
    const bounced = { ...MAIL, event: 'bounced', timestamp: '2017-08-05T00:41:02.669Z' };
    const details = { bounce_type: 'Permanent', bounce_subtype: 'General' };
    expect(eventsOf(SAMPLES.bounce)).toEqual([
      { ...bounced, to, details: { ...details, diagnostic_code: 'smtp; 550 5.1.1 user unknown' } },
      { ...bounced, to: 'other@example.com', details },
    ]);
  });

  it('Complaint, with a sub-type that is null', () => {
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

  it('Rendering Failure, with a space in its name and one event for each recipient', () => {
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

  it('Subscription', () => {
    expect(eventsOf(SAMPLES.subscription)).toEqual([
      { ...MAIL, event: 'unsubscribed', to, timestamp: '2022-01-12T01:00:17.910Z', details: {} },
    ]);
  });

  it('a type SES adds later, at the time its body says', () => {
    const novel = {
      eventType: 'Quarantined',
      mail: SAMPLES.send.mail,
      quarantine: { timestamp: '2027-01-01T00:00:00.000Z' },
    };
    expect(eventsOf(novel)).toEqual([
      { ...MAIL, event: 'unknown', to, timestamp: '2027-01-01T00:00:00Z', details: {} },
    ]);
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

describe('a bounce is', () => {
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
  ])('%s/%s: %s', (type, subtype, event) => {
    expect(eventsOf(bounce(type, subtype))[0]?.event).toBe(event);
  });

  it.each([
    ['Suppressed', 'ses_global'],
    ['OnAccountSuppressionList', 'ses_account'],
    ['OnTenantSuppressionList', 'ses_tenant'],
    ['EmailValidationSuppressed', 'validation'],
    ['UnsubscribedRecipient', 'unsubscribed'],
    ['OnSomeLaterSuppressionList', 'ses_account'],
  ])('a suppression where it says Permanent/%s', (subtype, reason) => {
    expect(eventsOf(bounce('Permanent', subtype))[0]).toMatchObject({
      event: 'suppressed',
      details: { suppression_reason: reason },
    });
  });

  it('not a suppression for a sub-type that every object has', () => {
    expect(eventsOf(bounce('Permanent', 'constructor'))[0]?.event).toBe('bounced');
  });
});

describe('a complaint is', () => {
  const complaint = (changes: object) => ({
    ...SAMPLES.complaint,
    complaint: { ...SAMPLES.complaint.complaint, ...changes },
  });

  it.each([
    [
      'a suppression by sub-type',
      { complaintSubType: 'OnAccountSuppressionList', complaintFeedbackType: undefined },
      'suppressed',
    ],
    ['taken back by not-spam, and suppresses nobody', { complaintFeedbackType: 'not-spam' }, 'unknown'],
    ['one without a feedback report', { complaintFeedbackType: undefined }, 'complained'],
    ['one of a kind added later', { complaintFeedbackType: 'novel' }, 'complained'],
  ])('%s', (_what, changes, event) => {
    expect(eventsOf(complaint(changes))[0]?.event).toBe(event);
  });
});

describe('what SES leaves out is left out', () => {
  it.each(['Send', 'Open', 'Reject', 'Subscription'])('%s of a bare mail', (eventType) => {
    const [event] = eventsOf({ eventType, mail: bareMail() });
    expect(event).toMatchObject({ to: 'recipient@example.com', from: '' });
    expect(event).not.toHaveProperty('subject');
    expect(event).not.toHaveProperty('tags');
  });

  it('an empty list of recipients: the event goes to the only recipient of the mail', () => {
    const bounce = { ...SAMPLES.bounce.bounce, bouncedRecipients: [] };
    expect(eventsOf({ ...SAMPLES.bounce, bounce, mail: bareMail() }).map((event) => event.to)).toEqual([
      'recipient@example.com',
    ]);
    expect(eventsOf({ ...SAMPLES.bounce, bounce }).map((event) => event.to)).toEqual([undefined]);
  });

  it('whom an open of a mail with several recipients is about', () => {
    const mail = bareMail({ destination: ['a@example.com', 'b@example.com'] });
    const events = eventsOf({ ...SAMPLES.open, mail });
    expect(events).toHaveLength(1);
    expect(events[0]).not.toHaveProperty('to');
  });

  it('recipients altogether', () => {
    expect(eventsOf({ eventType: 'Send', mail: bareMail({ destination: [] }) })).toHaveLength(1);
    expect(eventsOf({ eventType: 'Send', mail: bareMail({ destination: undefined }) })).toHaveLength(1);
  });

  it('tags of SES and of ours, whose names senders may not use', () => {
    const tags = {
      'ses:operation': ['SendEmail'],
      ivymail_workspace: ['ws_x'],
      __proto__x: ['1'],
      odd: [],
      plain: 'text',
    };
    expect(eventsOf({ eventType: 'Send', mail: bareMail({ tags }) })[0]?.tags).toEqual({ __proto__x: '1' });
  });
});

describe('one outcome has one id', () => {
  it('however often it is read', () => {
    for (const sample of Object.values(SAMPLES))
      expect(idsOf(sample)).toEqual(idsOf(structuredClone(sample)));
  });

  it('of the form evt_ and 26 characters', () => {
    for (const id of Object.values(SAMPLES).flatMap(idsOf)) expect(isId('evt', id)).toBe(true);
  });

  it('by event publishing and by the legacy notification of the same bounce', () => {
    const legacy = {
      ...LEGACY_SAMPLES.bounce,
      mail: { ...LEGACY_SAMPLES.bounce.mail, messageId: MAIL.message_id },
    };
    expect(idsOf(legacy)).toEqual(idsOf(SAMPLES.bounce));
  });

  it('whatever the case of the recipient, and whatever name stands before it', () => {
    const shouted = {
      ...SAMPLES.send,
      mail: { ...SAMPLES.send.mail, destination: ['Ann <RECIPIENT@Example.com>'] },
    };
    expect(idsOf(shouted)).toEqual(idsOf(SAMPLES.send));
  });

  it('for a recipient that is listed twice', () => {
    const destination = ['a@example.com', 'A@example.com'];
    expect(idsOf({ eventType: 'Send', mail: bareMail({ destination }) })).toHaveLength(1);
  });

  it('and another one by recipient, type, time, feedback or link', () => {
    const later = {
      ...SAMPLES.delivery,
      delivery: { ...SAMPLES.delivery.delivery, timestamp: '2016-10-19T23:21:04.134Z' },
    };
    const otherFeedback = { ...SAMPLES.bounce, bounce: { ...SAMPLES.bounce.bounce, feedbackId: 'another' } };
    const otherLink = { ...SAMPLES.click, click: { ...SAMPLES.click.click, link: 'https://example.com/' } };
    const all = [...Object.values(SAMPLES), later, otherFeedback, otherLink].flatMap(idsOf);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('any number of events of real senders', () => {
  it('are read, one for each recipient they name, each under one of our names', () => {
    for (const ses of sesEvents({ seed: 3, count: 500 })) {
      const { events } = normalise(ses);
      expect(events.length).toBeGreaterThan(0);
      for (const event of events) {
        expect(EVENT_NAMES).toContain(event.event);
        expect(event.event).not.toBe('unknown');
        expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
      }
    }
  });
});

describe('the workspace of an event is', () => {
  const tagged = deterministicId('ws', ['tagged']);
  const owner = deterministicId('ws', ['owner']);
  const known = {
    isWorkspace: (id: string) => Promise.resolve(id === tagged),
    ofConfigurationSet: (name: string) => Promise.resolve(name === 'theirs' ? owner : undefined),
  };

  it.each([
    ['that of its tag', { workspaceTag: tagged, configurationSet: 'theirs' }, tagged, false],
    ['that of its configuration set', { configurationSet: 'theirs' }, owner, false],
    [
      'that of its configuration set where the tag names none',
      { workspaceTag: 'ws_x', configurationSet: 'theirs' },
      owner,
      true,
    ],
    ['the default one', { configurationSet: 'unknown' }, DEFAULT_WORKSPACE_ID, false],
    ['the default one for a legacy notification', {}, DEFAULT_WORKSPACE_ID, false],
  ])('%s', async (_what, claims, workspaceId, unknownTag) => {
    expect(await chooseWorkspace(claims, known)).toEqual({ workspaceId, unknownTag });
  });

  it('read from the tags of the mail', () => {
    const tags = { ivymail_workspace: [tagged], 'ses:configuration-set': ['theirs'] };
    expect(normalise({ eventType: 'Send', mail: bareMail({ tags }) }).claims).toEqual({
      workspaceTag: tagged,
      configurationSet: 'theirs',
    });
  });
});
