import { describe, expect, it } from 'vitest';
import { normalize, type UnownedEvent } from '../../lambdas/ingest/normalize.ts';
import { SAMPLES, minimalMail } from '../../sim/ses/samples.ts';

function eventsOf(ses: object): readonly UnownedEvent[] {
  return normalize({ ...ses }).events;
}

function recipientsOf(mail: Parameters<typeof minimalMail>[0]): readonly (string | undefined)[] {
  return eventsOf({ eventType: 'Send', mail: minimalMail(mail) }).map(({ to }) => to);
}

function tagsOf(tags: object): unknown {
  return eventsOf({ eventType: 'Send', mail: minimalMail({ tags }) })[0]?.tags;
}

describe('what SES leaves out is left out', () => {
  it.each(['Send', 'Open', 'Reject', 'Subscription'])('%s of a bare mail', (eventType) => {
    const [event] = eventsOf({ eventType, mail: minimalMail() });
    expect(event).toMatchObject({ to: 'recipient@example.com', from: '' });
    expect(event).not.toHaveProperty('subject');
    expect(event).not.toHaveProperty('tags');
  });

  it('an empty list of recipients: the event goes to the only recipient of the mail', () => {
    const bounce = { ...SAMPLES.bounce.bounce, bouncedRecipients: [] };
    expect(eventsOf({ ...SAMPLES.bounce, bounce, mail: minimalMail() }).map((event) => event.to)).toEqual([
      'recipient@example.com',
    ]);
    expect(eventsOf({ ...SAMPLES.bounce, bounce }).map((event) => event.to)).toEqual([undefined]);
  });

  it('whom an open of a mail with several recipients is about', () => {
    const mail = minimalMail({ destination: ['a@example.com', 'b@example.com'] });
    const events = eventsOf({ ...SAMPLES.open, mail });
    expect(events).toHaveLength(1);
    expect(events[0]).not.toHaveProperty('to');
  });

  it('what is no address in a list of recipients', () => {
    const destination = [null, 5, {}, { emailAddress: '' }, '', 'a@example.com', []];
    expect(recipientsOf({ destination })).toEqual(['a@example.com']);
  });

  it('an address that is empty, or too long for a key: somebody it was', () => {
    const longest = `${'a'.repeat(308)}@example.com`;
    expect(recipientsOf({ destination: ['Ann <>'] })).toEqual([undefined]);
    expect(recipientsOf({ destination: [longest] })).toEqual([longest]);
    expect(recipientsOf({ destination: [`a${longest}`, 'Ann <>'] })).toEqual([undefined]);
  });

  it('no diagnostic, though the address was unusable, and the first one of an address that is listed twice', () => {
    const bouncedRecipients = [
      { emailAddress: 'Ann <>', diagnosticCode: 'of nobody' },
      { emailAddress: 'a@example.com', diagnosticCode: 'first' },
      { emailAddress: 'A@example.com', diagnosticCode: 'second' },
    ];
    const bounce = { ...SAMPLES.bounce.bounce, bouncedRecipients };
    expect(eventsOf({ ...SAMPLES.bounce, bounce }).map(({ to, details }) => [to, details])).toEqual([
      [undefined, expect.objectContaining({ diagnostic_code: 'of nobody' })],
      ['a@example.com', expect.objectContaining({ diagnostic_code: 'first' })],
    ]);
  });

  it('a time until which SES tries', () => {
    const deliveryDelay = { timestamp: '2020-06-16T00:25:40.095Z' };
    expect(eventsOf({ ...SAMPLES.deliveryDelay, deliveryDelay })[0]?.details).toStrictEqual({});
  });

  it.each(['deliveryDelay', 'complaint'] as const)(
    'whom the %s of a mail to several does not name',
    (name) => {
      const mail = minimalMail({ destination: ['recipient@example.com', 'other@example.com'] });
      expect(eventsOf({ ...SAMPLES[name], mail }).map(({ to }) => to)).toEqual(['recipient@example.com']);
    },
  );

  it('recipients altogether', () => {
    expect(eventsOf({ eventType: 'Send', mail: minimalMail({ destination: [] }) })).toHaveLength(1);
    expect(eventsOf({ eventType: 'Send', mail: minimalMail({ destination: undefined }) })).toHaveLength(1);
  });

  it('tags of SES and of ours, whose names senders may not use', () => {
    const tags = {
      'ses:operation': ['SendEmail'],
      ivymail_workspace: ['ws_x'],
      __proto__x: ['1'],
      none: [null],
      odd: [],
      plain: 'text',
    };
    expect(tagsOf(tags)).toStrictEqual([['__proto__x', '1']]);
  });
});

describe('the sender is', () => {
  const from = (mail: object): string | undefined =>
    eventsOf({ eventType: 'Send', mail: minimalMail({ ...mail }) })[0]?.from;

  it('whom the envelope names, else whom the headers do', () => {
    const commonHeaders = { from: ['Bob <bob@example.com>', 'eve@example.com'] };
    expect(from({ source: 'Ann <ann@example.com>', commonHeaders })).toBe('ann@example.com');
    expect(from({ commonHeaders })).toBe('bob@example.com');
  });

  it('cut where it is longer than an address can be', () => {
    expect(from({ source: 'a'.repeat(321) })).toBe('a'.repeat(320));
  });
});
