import { describe, expect, it } from 'vitest';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { BOUNCE_REASON, WORKSPACE_ID, aReputationEvent, anEvent } from '../../sim/builders/events.ts';

function payload(changes: Parameters<typeof anEvent>[0] = {}): Record<string, unknown> {
  return JSON.parse(webhookPayload(anEvent(changes))) as Record<string, unknown>;
}

describe('webhookPayload', () => {
  it('has exactly the documented fields for a bounce', () => {
    const event = anEvent();
    expect(payload()).toEqual({
      event: 'bounced',
      event_id: event.event_id,
      message_id: event.message_id,
      to: 'invalid@example.com',
      from: 'you@yourdomain.com',
      subject: 'Hello',
      bounce_type: 'Permanent',
      bounce_subtype: 'General',
      diagnostic_code: 'smtp; 550 5.1.1 user unknown',
      reason: 'unknown_user',
      timestamp: '2026-02-25T12:00:00Z',
      workspace_id: WORKSPACE_ID,
    });
  });

  it.each([
    ['delivered', {}],
    ['complained', { feedback_type: 'abuse' }],
    ['suppressed', { suppression_reason: 'manual' as const }],
    ['failed', { error_code: 'identity_not_verified', error_message: 'Email address is not verified' }],
    ['delayed', { delay_type: 'MailboxFull', expires_at: '2026-02-26T12:00:00Z', reason: 'mailbox_full' }],
    ['clicked', { ip: '192.0.2.1', user_agent: 'Mozilla', link: 'https://example.com/' }],
  ] as const)('is flat and includes the fields of a %s event', (event, details) => {
    const { event_id: _id, message_id: _message, ...rest } = payload({ event, details });
    expect(rest).toEqual({
      event,
      to: 'invalid@example.com',
      from: 'you@yourdomain.com',
      subject: 'Hello',
      ...details,
      timestamp: '2026-02-25T12:00:00Z',
      workspace_id: WORKSPACE_ID,
    });
  });

  it('includes tags if they are set, and omits fields that the event does not have', () => {
    expect(payload({ tags: [['campaign', 'spring']] })['tags']).toEqual({ campaign: 'spring' });
    const { to: _to, subject: _subject, ...bare } = anEvent();
    expect(Object.keys(JSON.parse(webhookPayload(bare)) as object)).not.toContain('to');
    expect(webhookPayload(bare)).not.toContain('null');
  });

  it('is valid UTF-8 if a subject contains a lone surrogate', () => {
    const text = webhookPayload(anEvent({ subject: 'broken \ud800 half' }));
    expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
  });

  it.each([
    ['the whole workspace', {}, {}],
    ['a configuration set', { configurationSet: 'newsletter' }, { configuration_set: 'newsletter' }],
  ])('has exactly the documented fields for a reputation event of %s', (_, changes, fields) => {
    const event = aReputationEvent('reputation.paused', changes);
    expect(JSON.parse(webhookPayload(event))).toEqual({
      event: 'reputation.paused',
      event_id: event.event_id,
      timestamp: '2026-02-25T12:00:00Z',
      workspace_id: WORKSPACE_ID,
      ...fields,
      reasons: [BOUNCE_REASON],
    });
  });
});
