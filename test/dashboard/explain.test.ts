import { describe, expect, it } from 'vitest';
import { toneOf } from '../../dashboard/components/badge.tsx';
import { eventDetails, explain, shortReason } from '../../dashboard/text/explain.ts';
import { EVENT_NAMES, SUPPRESSION_REASONS } from '../../lambdas/core/events.ts';
import { ODD_NAMES } from '../../sim/builders/odd-names.ts';

const bounce = (diagnostic_code?: string, bounce_subtype = 'General', bounce_type = 'Permanent') => ({
  status: 'bounced' as const,
  error: { bounce_type, bounce_subtype, ...(diagnostic_code !== undefined && { diagnostic_code }) },
});

describe('an explanation', () => {
  it.each([
    ['smtp; 550 5.1.1 user unknown', 'no such mailbox'],
    ['smtp; 550 5.1.1.', 'no such mailbox'],
    ['smtp;550-5.7.26 Unauthenticated email', 'not authenticated'],
    ['smtp; 552 5.2.2 mailbox full', 'mailbox is full'],
    ['smtp; 550 5.4.1 Recipient address rejected: Access denied', 'no such mailbox'],
    ['smtp; 451 4.4.1 no answer', 'does not answer'],
    ['smtp; 550 no such thing', 'refused the mail for good'],
    // An address of the network is no status code.
    ['smtp; 550 from 10.5.1.1 refused', 'refused the mail for good'],
    [undefined, 'refused the mail for good'],
  ])('of %s says: %s', (diagnostic, words) => {
    expect(explain(bounce(diagnostic))?.meaning).toContain(words);
  });

  it('of an out-of-office note calms, and does not say that the mail is lost', () => {
    const entry = { ...bounce(undefined, 'General', 'Transient'), status: 'soft_bounced' as const };
    expect(explain(entry)?.meaning).toContain('out-of-office');
  });

  it('goes by what SES says of the bounce before what the server does', () => {
    expect(explain(bounce('smtp; 550 5.1.1', 'AttachmentRejected'))?.meaning).toContain('attachment');
  });

  it('reads the words of SES without case', () => {
    expect(explain(bounce(undefined, 'MAILBOXFULL'))).toEqual(explain(bounce(undefined, 'MailboxFull')));
    const delayed = (delay_type: string) => explain({ status: 'delayed', error: { delay_type } });
    expect(delayed('IPFAILURE')).toEqual(delayed('IPFailure'));
  });

  it.each(ODD_NAMES)('takes %j for an unknown word', (word) => {
    expect(explain(bounce(undefined, word))).toEqual(explain(bounce(undefined, 'NeverSeen')));
    for (const [status, field] of [
      ['complained', 'feedback_type'],
      ['suppressed', 'suppression_reason'],
      ['failed', 'error_code'],
      ['delayed', 'delay_type'],
    ] as const)
      expect(explain({ status, error: { [field]: word } })).toEqual(explain({ status, error: {} }));
    expect(toneOf(word)).toBe('sent');
  });

  it('is there for whatever is trouble, and only for that', () => {
    const explained = EVENT_NAMES.filter((status) => explain({ status, error: {} }) !== undefined);
    const fine = ['sent', 'delivered', 'opened', 'clicked', 'unsubscribed', 'subscription_changed'];
    expect(explained).toEqual(EVENT_NAMES.filter((name) => !fine.includes(name)));
  });

  it('tells every reason of a suppression from the others', () => {
    const words = SUPPRESSION_REASONS.map(
      (suppression_reason) => explain({ status: 'suppressed', error: { suppression_reason } })?.meaning,
    );
    expect(new Set(words).size).toBe(SUPPRESSION_REASONS.length);
  });
});

describe('the short reason of a row', () => {
  it.each([
    [bounce('smtp; 550 5.1.1 user unknown'), 'smtp; 550 5.1.1 user unknown'],
    [bounce(), 'Permanent / General'],
    [
      { status: 'failed' as const, error: { error_code: 'x', error_message: 'Not verified' } },
      'Not verified',
    ],
    [{ status: 'suppressed' as const, error: { suppression_reason: 'manual' as const } }, 'manual'],
    [{ status: 'sent' as const }, ''],
  ])('of %j is %j', (entry, words) => {
    expect(shortReason(entry)).toBe(words);
  });
});

describe('an engagement', () => {
  const click = { status: 'clicked', link: 'https://example.com/sale', automated: true } as const;
  const topics = [
    { name: 'Offers', status: 'OptOut' },
    { name: 'News', status: 'OptIn' },
  ];
  const left = { status: 'unsubscribed', contact_list: 'Customers', topics } as const;

  it('shows the link that was clicked, and that a machine did it', () => {
    expect(shortReason(click)).toBe('automated · https://example.com/sale');
    expect(eventDetails(click)).toEqual([
      ['link', 'https://example.com/sale'],
      ['automated', 'true'],
    ]);
  });

  it('shows the contact list and the topics', () => {
    expect(shortReason(left)).toBe('Customers · Offers: OptOut, News: OptIn');
    expect(eventDetails({ ...left, unsubscribe_all: true })).toEqual([
      ['contact_list', 'Customers'],
      ['topics', 'Offers: OptOut, News: OptIn'],
      ['unsubscribe_all', 'true'],
    ]);
  });
});
