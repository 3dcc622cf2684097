import { describe, expect, it } from 'vitest';
import { REPUTATION_EVENTS } from '../../lambdas/core/reputation/event-names.ts';
import { notificationOf } from '../../lambdas/core/reputation/notification.ts';
import { reasonText } from '../../lambdas/core/reputation/reason-text.ts';
import { BOUNCE_REASON, WORKSPACE_ID, aReputationEvent } from '../../sim/builders/events.ts';

describe('the notification of a reputation event', () => {
  it.each(REPUTATION_EVENTS)('has a subject that SNS accepts: %s', (name) => {
    const { subject } = notificationOf(aReputationEvent(name));
    expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
  });

  it('of a pause names the workspace, the configuration set, the time, the event and each reason', () => {
    const event = aReputationEvent('reputation.paused', { configurationSet: 'newsletter' });
    expect(notificationOf(event)).toEqual({
      subject: 'IvyMail Events: sending is paused',
      message: `A configuration set is paused. If the API sends with this set, POST /v1/send responds with 409 reputation_paused until a person resumes it.

Workspace: ${WORKSPACE_ID}
Configuration set: newsletter
Time: 2026-02-25T12:00:00Z
Event: ${event.event_id}

The bounce rate in the last two hours is 12 % (60 bounces of 500 sent emails). The guard pauses at 10 %.

The page Deliverability of the dashboard shows the emails that cause it.
To resume sending, use this page, or the command: npx ivymail-events reputation resume --workspace ${WORKSPACE_ID} --configuration-set newsletter`,
    });
  });

  it('of a pause of the whole workspace has the command that resumes the whole workspace', () => {
    const { message } = notificationOf(aReputationEvent('reputation.paused'));
    expect(message).toMatch(/^Sending is paused\. POST \/v1\/send responds with 409/);
    expect(message.endsWith(`npx ivymail-events reputation resume --workspace ${WORKSPACE_ID}`)).toBe(true);
  });

  it('of a warning does not say how to resume, because email is still sent', () => {
    const { message } = notificationOf(
      aReputationEvent('reputation.warning', { configurationSet: 'newsletter' }),
    );
    expect(message).toMatch(/^The reputation guard warns\. Email is still sent\./);
    expect(
      message.endsWith('\n\nThe page Deliverability of the dashboard shows the emails that cause it.'),
    ).toBe(true);
  });

  it('of a resume has no reason and no next step', () => {
    const { message } = notificationOf(aReputationEvent('reputation.resumed'));
    expect(message.split('\n').at(-1)).toMatch(/^Event: evt_/);
    expect(message).not.toContain('Configuration set');
  });
});

describe('reasonText', () => {
  it('describes a complaint rate of less than one percent with its own denominator', () => {
    const reason = {
      window: 'day',
      metric: 'complaint',
      severity: 'warning',
      rate: 0.001_51,
      limit: 0.0015,
      count: 3,
      volume: 1985,
    } as const;
    expect(reasonText(reason)).toBe(
      'The complaint rate in the last 24 hours is 0.15 % (3 complaints about 1985 delivered emails). The guard warns at 0.15 %.',
    );
  });

  it('describes a rate of more than 100 %', () => {
    expect(reasonText({ ...BOUNCE_REASON, rate: 1.5, count: 750 })).toContain('is 150 % (750 bounces of 500');
  });
});
