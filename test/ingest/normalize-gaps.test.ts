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

describe('normalize accepts', () => {
  it.each(['Send', 'Open', 'Reject', 'Subscription'])(
    'a %s event with a minimal mail object',
    (eventType) => {
      const [event] = eventsOf({ eventType, mail: minimalMail() });
      expect(event).toMatchObject({ to: 'recipient@example.com', from: '' });
      expect(event).not.toHaveProperty('subject');
      expect(event).not.toHaveProperty('tags');
    },
  );

  it('an empty list of recipients, and uses the only recipient of the email', () => {
    const bounce = { ...SAMPLES.bounce.bounce, bouncedRecipients: [] };
    expect(eventsOf({ ...SAMPLES.bounce, bounce, mail: minimalMail() }).map((event) => event.to)).toEqual([
      'recipient@example.com',
    ]);
    expect(eventsOf({ ...SAMPLES.bounce, bounce }).map((event) => event.to)).toEqual([undefined]);
  });

  it('an open of an email with several recipients, whose recipient is unknown', () => {
    const mail = minimalMail({ destination: ['a@example.com', 'b@example.com'] });
    const events = eventsOf({ ...SAMPLES.open, mail });
    expect(events).toHaveLength(1);
    expect(events[0]).not.toHaveProperty('to');
  });

  it('a list of recipients with invalid entries, and skips those entries', () => {
    const destination = [null, 5, {}, { emailAddress: '' }, '', 'a@example.com', []];
    expect(recipientsOf({ destination })).toEqual(['a@example.com']);
  });

  it('an address that is empty or too long for a table key, as an unknown recipient', () => {
    const longest = `${'a'.repeat(308)}@example.com`;
    expect(recipientsOf({ destination: ['Ann <>'] })).toEqual([undefined]);
    expect(recipientsOf({ destination: [longest] })).toEqual([longest]);
    expect(recipientsOf({ destination: [`a${longest}`, 'Ann <>'] })).toEqual([undefined]);
  });

  it('an unusable address with its diagnostic code, and an address listed twice with its first code', () => {
    const bouncedRecipients = [
      { emailAddress: 'Ann <>', diagnosticCode: 'of an unknown recipient' },
      { emailAddress: 'a@example.com', diagnosticCode: 'first' },
      { emailAddress: 'A@example.com', diagnosticCode: 'second' },
    ];
    const bounce = { ...SAMPLES.bounce.bounce, bouncedRecipients };
    expect(eventsOf({ ...SAMPLES.bounce, bounce }).map(({ to, details }) => [to, details])).toEqual([
      [undefined, expect.objectContaining({ diagnostic_code: 'of an unknown recipient' })],
      ['a@example.com', expect.objectContaining({ diagnostic_code: 'first' })],
    ]);
  });

  it('a delay whose reason is in the response of the mail server, which only the raw event keeps', () => {
    const deliveryDelay = {
      ...SAMPLES.deliveryDelay.deliveryDelay,
      delayType: 'IPFailure',
      delayedRecipients: [
        {
          emailAddress: 'recipient@example.com',
          diagnosticCode: 'smtp; 421 4.7.0 [TSS04] Messages temporarily deferred due to user complaints',
        },
      ],
    };
    expect(eventsOf({ ...SAMPLES.deliveryDelay, deliveryDelay })[0]?.details).toEqual({
      delay_type: 'IPFailure',
      expires_at: '2020-06-16T00:25:40.914Z',
      reason: 'volume_or_complaints',
    });
  });

  it('a delay without a time at which SES gives up', () => {
    const deliveryDelay = { timestamp: '2020-06-16T00:25:40.095Z' };
    expect(eventsOf({ ...SAMPLES.deliveryDelay, deliveryDelay })[0]?.details).toStrictEqual({
      reason: 'unknown',
    });
  });

  it.each(['deliveryDelay', 'complaint'] as const)('a %s that names one of several recipients', (name) => {
    const mail = minimalMail({ destination: ['recipient@example.com', 'other@example.com'] });
    expect(eventsOf({ ...SAMPLES[name], mail }).map(({ to }) => to)).toEqual(['recipient@example.com']);
  });

  it('an email without recipients', () => {
    expect(eventsOf({ eventType: 'Send', mail: minimalMail({ destination: [] }) })).toHaveLength(1);
    expect(eventsOf({ eventType: 'Send', mail: minimalMail({ destination: undefined }) })).toHaveLength(1);
  });

  it('tags of the sender, and skips the tags of SES and IvyMail and tags without a value', () => {
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

  it('the address in the envelope, else the address in the headers', () => {
    const commonHeaders = { from: ['Bob <bob@example.com>', 'eve@example.com'] };
    expect(from({ source: 'Ann <ann@example.com>', commonHeaders })).toBe('ann@example.com');
    expect(from({ commonHeaders })).toBe('bob@example.com');
  });

  it('truncated if it is longer than an address can be', () => {
    expect(from({ source: 'a'.repeat(321) })).toBe('a'.repeat(320));
  });
});
