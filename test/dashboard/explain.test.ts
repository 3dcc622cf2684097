import { describe, expect, it } from 'vitest';
import { toneOf } from '../../dashboard/components/badge.tsx';
import {
  eventDetails,
  explain,
  explainInTimeline,
  explainOutcome,
  shortReason,
} from '../../dashboard/text/explain.ts';
import { REASON_ADVICE } from '../../lambdas/core/reasons/advice.ts';
import { withReason } from '../../lambdas/core/reasons/reason-of.ts';
import { REASONS, type Reason } from '../../lambdas/core/reasons/reasons.ts';
import { EVENT_NAMES, SUPPRESSION_REASONS } from '../../lambdas/core/events.ts';
import { MESSAGE_STATUSES } from '../../lambdas/core/message-status.ts';
import { ODD_NAMES } from '../odd-names.ts';

/** An entry as the API returns it. `reason` is what the classifier decides. */
function bounce(diagnostic_code?: string, bounce_subtype = 'General', bounce_type = 'Permanent') {
  const details = {
    bounce_type,
    bounce_subtype,
    ...(diagnostic_code !== undefined && { diagnostic_code }),
  };
  return { status: 'bounced' as const, error: withReason({ event: 'bounced', details }).details };
}

describe('the explanation', () => {
  it.each(REASONS.filter((reason) => reason !== 'unknown'))(
    'of a bounce with the reason %s is its title and its advice',
    (reason) => {
      const { title, advice } = REASON_ADVICE[reason];
      const explanation = { meaning: `${title}.`, advice };
      expect(explain({ status: 'bounced', error: { reason } })).toEqual(explanation);
      expect(explain({ status: 'soft_bounced', error: { reason } })).toEqual(explanation);
      expect(explain({ status: 'delayed', error: { reason } })?.meaning).toBe(explanation.meaning);
    },
  );

  it.each([
    ['smtp; 550 5.1.1 user unknown', 'Mailbox does not exist.'],
    ['smtp; 550 no such thing', 'permanently rejected the email'],
    [undefined, 'permanently rejected the email'],
  ])('of the diagnostic code %s contains: %s', (diagnostic, text) => {
    expect(explain(bounce(diagnostic))?.meaning).toContain(text);
  });

  it('of a delay says that SES retries, and what the sender can do if the sender is the cause', () => {
    const advice = (reason: Reason) => explain({ status: 'delayed', error: { reason } })?.advice;
    expect(advice('greylisted')).toBe('No action needed. SES keeps retrying.');
    expect(advice('mailbox_full')).toBe('No action needed. SES keeps retrying.');
    expect(advice('low_reputation')).toBe(`SES keeps retrying. ${REASON_ADVICE.low_reputation.advice}`);
    expect(explain({ status: 'delayed', error: {} })?.meaning).toBe('The delivery is delayed.');
  });

  it('of an auto-reply mentions out-of-office messages', () => {
    const entry = { ...bounce(undefined, 'General', 'Transient'), status: 'soft_bounced' as const };
    expect(explain(entry)?.meaning).toContain('out-of-office');
  });

  it('of a soft bounce after the delivery is that it is harmless', () => {
    const entry = { ...bounce(undefined, 'General', 'Transient'), status: 'soft_bounced' as const };
    expect(explainInTimeline(entry, 'delivered')?.meaning).toMatch(/^Harmless: the email was delivered/);
    expect(explainInTimeline(entry, 'soft_bounced')).toEqual(explain(entry));
    expect(explainInTimeline({ status: 'delivered' }, 'delivered')).toBeUndefined();
  });

  it('of an outcome exists for every status of a message', () => {
    for (const status of MESSAGE_STATUSES)
      expect(explainOutcome({ status, error: {} })?.meaning).toMatch(/\.$/);
  });

  it.each(ODD_NAMES)('treats %j as an unknown value', (value) => {
    expect(explain(bounce(undefined, value))).toEqual(explain(bounce(undefined, 'NeverSeen')));
    for (const [status, field] of [
      ['complained', 'feedback_type'],
      ['suppressed', 'suppression_reason'],
      ['failed', 'error_code'],
      ['delayed', 'delay_type'],
      ['delayed', 'reason'],
      ['bounced', 'reason'],
    ] as const)
      expect(explain({ status, error: { [field]: value } })).toEqual(explain({ status, error: {} }));
    expect(toneOf(value)).toBe('sent');
  });

  it('exists for exactly the statuses that report a problem', () => {
    const explained = EVENT_NAMES.filter((status) => explain({ status, error: {} }) !== undefined);
    const withoutProblem = ['sent', 'delivered', 'opened', 'clicked', 'unsubscribed', 'subscription_changed'];
    expect(explained).toEqual(EVENT_NAMES.filter((name) => !withoutProblem.includes(name)));
  });

  it('differs for every suppression reason', () => {
    const meanings = SUPPRESSION_REASONS.map(
      (suppression_reason) => explain({ status: 'suppressed', error: { suppression_reason } })?.meaning,
    );
    expect(new Set(meanings).size).toBe(SUPPRESSION_REASONS.length);
  });
});

describe('the short reason in a table row', () => {
  it.each([
    [{ status: 'complained' as const, error: { feedback_type: 'abuse' } }, 'Marked as spam'],
    [{ status: 'complained' as const, error: { feedback_type: 'fraud' } }, 'fraud'],
    [bounce('smtp; 550 5.1.1 user unknown'), 'Mailbox does not exist'],
    [bounce('smtp; 550 no such thing'), 'smtp; 550 no such thing'],
    [bounce(), 'Permanent / General'],
    [
      { status: 'failed' as const, error: { error_code: 'x', error_message: 'Not verified' } },
      'Not verified',
    ],
    [{ status: 'suppressed' as const, error: { suppression_reason: 'manual' as const } }, 'Added manually'],
    [{ status: 'sent' as const }, ''],
  ])('of %j is %j', (entry, reason) => {
    expect(shortReason(entry)).toBe(reason);
  });
});

describe('an engagement event', () => {
  const click = { status: 'clicked', link: 'https://example.com/sale', automated: true } as const;
  const topics = [
    { name: 'Offers', status: 'OptOut' },
    { name: 'News', status: 'OptIn' },
  ];
  const unsubscribed = { status: 'unsubscribed', contact_list: 'Customers', topics } as const;

  it('shows the clicked link and that the click was automated', () => {
    expect(shortReason(click)).toBe('automated · https://example.com/sale');
    expect(eventDetails(click)).toEqual([
      ['link', 'https://example.com/sale'],
      ['automated', 'true'],
    ]);
  });

  it('shows the contact list and the topics', () => {
    expect(shortReason(unsubscribed)).toBe('Customers · Offers: OptOut, News: OptIn');
    expect(eventDetails({ ...unsubscribed, unsubscribe_all: true })).toEqual([
      ['contact_list', 'Customers'],
      ['topics', 'Offers: OptOut, News: OptIn'],
      ['unsubscribe_all', 'true'],
    ]);
  });
});
