import { describe, expect, it } from 'vitest';
import type { EmailEvent, EventName } from '../../lambdas/core/events.ts';
import { summariesOf } from '../../lambdas/core/message-summary.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { anEvent } from '../../sim/builders/events.ts';

function at(event: EventName, minute: number, changes: Partial<EmailEvent> = {}): EmailEvent {
  const timestamp = `2026-02-25T12:${String(minute).padStart(2, '0')}:00Z`;
  const to = 'ann@example.com';
  const id = deterministicId('evt', [event, timestamp, changes.to ?? to]);
  return { ...anEvent({ event, timestamp, to, details: {} }), event_id: id, ...changes };
}

const sent = at('sent', 0);
const bounced = at('bounced', 2, { details: { bounce_type: 'Permanent' } });
const suppressed = at('suppressed', 1);
const WHOLE = { isPartial: () => false };

describe('the summary of a message', () => {
  it('has the status, the time and the details of the decisive event, and the time of the first event', () => {
    const [summary] = summariesOf([sent], [bounced, at('delivered', 1), sent, at('opened', 3)], {
      represents: 'first',
      ...WHOLE,
    });
    expect(summary).toMatchObject({
      status: 'bounced',
      status_at: bounced.timestamp,
      created_at: sent.timestamp,
      details: { bounce_type: 'Permanent' },
      partial: false,
    });
  });

  it('is that of the first event alone if the message also has a later first event', () => {
    const both = [suppressed, sent];
    const summaries = summariesOf(both, both, { represents: 'first', ...WHOLE });
    expect(summaries.map((each) => each?.status)).toEqual([undefined, 'suppressed']);
    expect(summaries[1]?.created_at).toBe(sent.timestamp);
  });

  it('is that of the decisive event alone if the list begins at statuses', () => {
    const all = [bounced, suppressed, sent];
    const summaries = summariesOf(all, all, { represents: 'decisive', ...WHOLE });
    expect(summaries.map((each) => each?.status)).toEqual(['bounced', undefined, undefined]);
    expect(summaries[0]?.created_at).toBe(sent.timestamp);
  });

  it('includes the listed event even if it was not read with the others', () => {
    const [summary] = summariesOf([bounced], [sent], { represents: 'decisive', isPartial: () => true });
    expect(summary).toMatchObject({ status: 'bounced', created_at: sent.timestamp, partial: true });
  });

  it('is created at its oldest event if its first event is not known', () => {
    const [summary] = summariesOf([bounced], [at('delivered', 1)], { represents: 'decisive', ...WHOLE });
    expect(summary?.created_at).toBe('2026-02-25T12:01:00Z');
  });

  it('is separate for each recipient, whose address may be spelled differently', () => {
    const other = at('sent', 0, { to: 'bob@example.com' });
    const events = [
      at('delivered', 1, { to: 'ANN@example.com' }),
      at('complained', 2, { to: 'Bob@Example.com' }),
    ];
    const summaries = summariesOf([sent, other], events, { represents: 'first', ...WHOLE });
    expect(summaries.map((each) => `${each?.to} ${each?.status}`)).toEqual([
      'ann@example.com delivered',
      'bob@example.com complained',
    ]);
  });

  it('ignores events without a recipient, and can be one of a recipient that SES does not name', () => {
    const { to: _to, ...unnamed } = at('complained', 5);
    const [summary] = summariesOf([sent], [unnamed], { represents: 'first', ...WHOLE });
    expect(summary?.status).toBe('sent');
    const [ofUnnamed] = summariesOf([unnamed], [sent], { represents: 'decisive', ...WHOLE });
    expect(ofUnnamed).toMatchObject({ status: 'complained' });
    expect(ofUnnamed).not.toHaveProperty('to');
  });

  it('is listed once if two rows have one event id and different times', () => {
    const twice = [{ ...sent, timestamp: '2026-02-25T12:09:00Z' }, sent];
    const summaries = summariesOf(twice, twice, { represents: 'first', ...WHOLE });
    expect(summaries.filter((each) => each !== undefined)).toHaveLength(1);
  });
});
