import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventDetails, type EventName } from '../../lambdas/core/events.ts';
import { REASON_ADVICE } from '../../lambdas/core/reasons/advice.ts';
import { readDiagnostic } from '../../lambdas/core/reasons/diagnostic.ts';
import { reasonOf, withReason } from '../../lambdas/core/reasons/reason-of.ts';
import { REASONS } from '../../lambdas/core/reasons/reasons.ts';
import { DIAGNOSTIC_RULES } from '../../lambdas/core/reasons/rules.ts';

function reason(diagnostic_code: string, details: EventDetails = {}, event: EventName = 'bounced') {
  return reasonOf({ event, details: { diagnostic_code, ...details }, to: 'ann@example.org' });
}

const REASON_EVENTS: readonly EventName[] = ['bounced', 'soft_bounced', 'delayed'];

describe('the reason', () => {
  it('exists for bounces and delays only', () => {
    expect(EVENT_NAMES.filter((event) => reasonOf({ event, details: {} }) !== undefined).toSorted()).toEqual(
      REASON_EVENTS.toSorted(),
    );
    const sent = { event: 'sent', details: {} } as const;
    expect(withReason(sent)).toBe(sent);
  });

  it('is unknown if nothing is known', () => {
    expect(reasonOf({ event: 'bounced', details: {} })).toBe('unknown');
    expect(reason('smtp; 550 Requested action not taken')).toBe('unknown');
  });

  it('is what SES names, before the words of the mail server', () => {
    expect(reason('smtp; 550 5.1.1 user unknown', { bounce_subtype: 'MailboxFull' })).toBe('mailbox_full');
    expect(reason('', { delay_type: 'MAILBOXFULL' }, 'delayed')).toBe('mailbox_full');
    expect(reason('', { bounce_subtype: 'OnAccountSuppressionList' })).toBe('suppressed');
  });

  it('is that of the words, before a type of SES that names many causes', () => {
    expect(reason('smtp; 421 blocked using zen.spamhaus.org', { delay_type: 'IPFailure' }, 'delayed')).toBe(
      'blocklisted',
    );
    expect(reason('', { delay_type: 'IPFailure' }, 'delayed')).toBe('provider_block');
  });

  it('is that of the words, before the status code', () => {
    expect(reason('smtp; 550 5.1.1 Message rejected: blocked using bl.spamcop.net')).toBe('blocklisted');
    expect(reason('smtp; 550 5.7.1 mailbox is full')).toBe('mailbox_full');
  });

  it('is that of the enhanced status code, before the reply code', () => {
    expect(reason('smtp; 553 5.3.4 rejected')).toBe('message_too_large');
    expect(reason('smtp; 553 rejected')).toBe('unknown_user');
  });

  it('of a code depends on the provider, which the text or the recipient names', () => {
    const bounced = (diagnostic_code: string, to: string) =>
      reasonOf({ event: 'bounced', details: { diagnostic_code }, to });
    expect(bounced('smtp; 550 5.7.29 rejected', 'ann@example.org')).toBe('authentication_failed');
    expect(bounced('smtp; 550 5.7.29 rejected', 'ann@gmail.com')).toBe('tls_required');
    expect(bounced('smtp; 550 5.7.29 rejected a1 - gsmtp', 'ann@example.org')).toBe('tls_required');
    expect(bounced('smtp; 550 5.1.10 rejected', 'ann@example.org')).toBe('invalid_domain');
    expect(bounced('smtp; 550 5.1.10 rejected', 'ann@hotmail.co.uk')).toBe('unknown_user');
  });

  it.each([
    ['5.7.605', 'unknown'],
    ['5.7.606', 'provider_block'],
    ['5.7.649', 'provider_block'],
    ['4.7.499', 'unknown'],
    ['4.7.500', 'sender_rate_limited'],
    ['4.7.649', 'sender_rate_limited'],
    ['4.7.850', 'sender_rate_limited'],
    ['4.7.899', 'sender_rate_limited'],
    ['5.7.900', 'policy'],
    ['5.7.999', 'policy'],
  ])('of the code %s of Microsoft is %s', (code, expected) => {
    expect(reason(`${code} x`)).toBe(expected);
  });

  it.each(['tosa', 'tobr'])('is a block by Telekom if the contact is %s@rx.t-online.de', (contact) => {
    expect(reason(`smtp; 554 IP=192.0.2.1 - A problem occurred. Contact ${contact}@rx.t-online.de.`)).toBe(
      'provider_block',
    );
  });

  it('is not in an IP address or a version that looks like a code', () => {
    expect(reason('smtp; 550 from 10.5.1.1')).toBe('unknown');
    expect(reason('smtp; 550 from 5.1.1.9 by v5.1.1.2')).toBe('unknown');
  });

  it('is found across the lines of a reply', () => {
    const reply = 'smtp; 550-5.2.0 The inbox of this person is out of\r\n550-5.2.0 storage\n550 5.2.0 space';
    expect(reason(reply)).toBe('mailbox_full');
  });

  it('does not depend on words in the address of the recipient', () => {
    const details = { diagnostic_code: 'smtp; 550 5.1.1 <Spamhaus@example.org>: rejected' };
    expect(reasonOf({ event: 'bounced', details, to: 'spamhaus@example.org' })).toBe('unknown_user');
  });

  it.each(['', 'a', 'mail'])('does not depend on a recipient that is only a part of an address: %j', (to) => {
    const details = { diagnostic_code: 'smtp; 552 5.0.0 mailbox is full' };
    expect(reasonOf({ event: 'bounced', details, to })).toBe('mailbox_full');
  });

  it('is that of the last response of a message that expired, if the response names one', () => {
    const expired = (last: string) =>
      reason(`smtp; 550 4.4.7 Message expired: unable to deliver in 840 minutes.<${last}>`);
    expect(expired('421 4.4.1 Unable to connect')).toBe('expired');
    expect(expired('452 4.2.2 over quota')).toBe('mailbox_full');
  });

  it('distinguishes a temporary from a permanent failure where the words are the same', () => {
    expect(reason('smtp; 450 mailbox unavailable', {}, 'soft_bounced')).toBe('temporary_server_error');
    expect(reason('smtp; 550 mailbox unavailable')).toBe('unknown_user');
    // Without a code, the event says which it is.
    expect(reason('mailbox unavailable', {}, 'delayed')).toBe('temporary_server_error');
    expect(reason('mailbox unavailable')).toBe('unknown_user');
  });

  it.each([
    ['smtp; 550 5.1.1 宛先不明', 'unknown_user'],
    ['550 メールボックスが一杯です', 'unknown'],
    ['smtp; 552 Boîte pleine', 'mailbox_full'],
  ])('of %s is %s', (diagnostic, expected) => {
    expect(reason(diagnostic)).toBe(expected);
  });

  it('of a response of 180 kB is decided by its beginning', () => {
    expect(reason(`smtp; 552 5.2.2 mailbox full ${'宛'.repeat(60_000)}`)).toBe('mailbox_full');
    expect(reason(`${'x '.repeat(2_048)}mailbox full`)).toBe('unknown');
  });

  it('is a known value for any input', () => {
    const word = fc.constantFrom(...DIAGNOSTIC_RULES.flatMap(({ phrases }) => phrases.flat()));
    const code = fc.constantFrom('550 ', '421-4.7.0 ', '5.1.1', '5.7.999', '4.', '<', '>', '\n', '\ud800');
    const text = fc.array(fc.oneof(word, code, fc.string({ unit: 'binary' })), { maxLength: 30 });
    const optional = fc.option(fc.string({ unit: 'binary' }), { nil: '' });
    fc.assert(
      fc.property(
        fc.constantFrom(...REASON_EVENTS),
        text,
        optional,
        optional,
        optional,
        (event, parts, bounce_subtype, delay_type, to) => {
          const details = { diagnostic_code: parts.join(' '), bounce_subtype, delay_type };
          expect(REASONS).toContain(reasonOf({ event, details, to }));
        },
      ),
    );
  });

  it('depends on the first 4,096 characters only', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 0, maxLength: 50 }), fc.string(), (start, end) => {
        const read = start.padEnd(4_096, '.');
        expect(reason(read + end)).toBe(reason(read));
      }),
    );
  });
});

describe('the rules', () => {
  it('contain only text as a diagnostic is read, so that each phrase can match', () => {
    const wrong = DIAGNOSTIC_RULES.flatMap(({ phrases }) =>
      phrases.filter((phrase) => {
        const text = typeof phrase === 'string' ? phrase : phrase.join(' ');
        return !readDiagnostic(` ${text} `, undefined).contains(phrase);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('contain no phrase twice within a rule', () => {
    for (const { phrases } of DIAGNOSTIC_RULES) {
      const texts = phrases.map((phrase) => JSON.stringify(phrase));
      expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
    }
  });
});

describe('the advice', () => {
  it('is a short title and one line for every reason', () => {
    expect(Object.keys(REASON_ADVICE)).toEqual([...REASONS]);
    for (const { title, advice } of Object.values(REASON_ADVICE)) {
      expect(title).toMatch(/^[A-Z].{5,55}[^.]$/);
      expect(advice).toMatch(/^[A-Z].{20,125}\.$/);
    }
  });

  it('has a different title for each reason', () => {
    expect(new Set(Object.values(REASON_ADVICE).map(({ title }) => title)).size).toBe(REASONS.length);
  });
});
