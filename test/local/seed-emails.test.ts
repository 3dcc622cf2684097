import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, SUPPRESSION_REASONS } from '../../lambdas/core/events.ts';
import { normalize, type UnownedEvent } from '../../lambdas/ingest/normalize.ts';
import { SEED_DAYS, simulateEmails } from '../../local/seed-emails.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const OPTIONS = { from: 'you@yourdomain.example', configurationSet: 'set', seed: 1 };

const simulated = (now: string, seed = 1) => simulateEmails({ ...OPTIONS, nowMs: Date.parse(now), seed });
const eventsOf = (now: string) => simulated(now).flatMap(({ event }) => normalize(event).events);
const emailsOf = (events: readonly UnownedEvent[]) => Map.groupBy(events, (event) => event.message_id);
const named = (events: readonly UnownedEvent[], ...names: readonly string[]) =>
  events.filter((event) => names.includes(event.event));

/** A Wednesday, a Sunday night, and midnight at the end of a year. */
const TIMES = ['2026-02-25T12:00:00Z', '2026-11-29T03:30:00Z', '2027-01-01T00:00:00Z'];

describe.each(TIMES)('the email of the two weeks before %s', (now) => {
  const nowMs = Date.parse(now);
  const events = eventsOf(now);

  it('is the same for the same seed and different for another seed', () => {
    expect(simulated(now)).toEqual(simulated(now));
    expect(simulated(now, 2)).not.toEqual(simulated(now));
  });

  it('is within the two weeks, oldest event first, without duplicate events', () => {
    const times = events.map((event) => Date.parse(event.timestamp));
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(times[0]).toBeGreaterThanOrEqual(nowMs - SEED_DAYS * DAY_MS);
    expect(times.at(-1)).toBeLessThanOrEqual(nowMs);
    expect(new Set(events.map((event) => event.event_id)).size).toBe(events.length);
  });

  it('has 300 to 400 emails, most of them delivered', () => {
    const sent = named(events, 'sent').length;
    expect(emailsOf(events).size).toBeGreaterThanOrEqual(300);
    expect(emailsOf(events).size).toBeLessThanOrEqual(400);
    expect(named(events, 'delivered').length).toBeGreaterThan(sent * 0.8);
    expect(named(events, 'bounced').length).toBeLessThan(sent * 0.05);
  });

  it('contains every status, and engagement by people and by software', () => {
    const names = new Set(events.map((event) => event.event));
    expect([...names].toSorted()).toEqual(EVENT_NAMES.filter((name) => name !== 'unknown').toSorted());
    for (const name of ['opened', 'clicked']) {
      const automated = named(events, name).map(({ details }) => details.automated);
      expect(automated).toContain(true);
      expect(automated).toContain(undefined);
    }
  });

  it('contains emails that SES did not send for every reason of SES', () => {
    const reasons = named(events, 'suppressed').map(({ details }) => details.suppression_reason);
    const ours = ['bounce', 'complaint', 'manual'];
    expect(new Set(reasons)).toEqual(new Set(SUPPRESSION_REASONS.filter((reason) => !ours.includes(reason))));
  });

  it('contains emails to several recipients with different outcomes, several senders and several tags', () => {
    const several = [...emailsOf(events).values()].filter(
      (email) => new Set(email.map((event) => event.to)).size > 2,
    );
    expect(several.length).toBeGreaterThan(2);
    const [email = []] = several;
    expect(new Set(email.map((event) => event.event))).toEqual(new Set(['sent', 'delivered', 'bounced']));
    expect(new Set(events.map((event) => event.from)).size).toBeGreaterThan(2);
    expect(new Set(events.map((event) => JSON.stringify(event.tags))).size).toBeGreaterThan(2);
  });

  it('ends with emails of the last minutes that have no outcome', () => {
    const inFlight = [...emailsOf(events).values()].filter((email) =>
      email.every((event) => event.event === 'sent'),
    );
    expect(inFlight.length).toBeGreaterThan(3);
    for (const [email] of inFlight)
      expect(Date.parse(email?.timestamp ?? '')).toBeGreaterThan(nowMs - 15 * MINUTE_MS);
  });

  it('contains an outage of one provider some days ago: its emails were delayed, and some expired', () => {
    const delays = named(events, 'delayed');
    const perDay = Map.groupBy(delays, (event) => event.timestamp.slice(0, 10));
    const [day = '', worst = []] =
      [...perDay].toSorted((left, right) => right[1].length - left[1].length)[0] ?? [];
    expect(worst.length).toBeGreaterThan(delays.length / 2);
    const ageMs = nowMs - Date.parse(`${day}T13:00:00Z`);
    expect(ageMs).toBeGreaterThan(3 * DAY_MS);
    expect(ageMs).toBeLessThan(7 * DAY_MS);
    const affected = new Set(
      worst.filter(({ to }) => to?.endsWith('@outlook.example')).map((event) => event.message_id),
    );
    expect(affected.size).toBeGreaterThan(20);
    const outcomes = [...affected].map((id) =>
      named(emailsOf(events).get(id) ?? [], 'delivered', 'soft_bounced').map((event) => event.event),
    );
    expect(new Set(outcomes.map(([outcome]) => outcome))).toEqual(new Set(['delivered', 'soft_bounced']));
    expect(outcomes.every((each) => each.length === 1)).toBe(true);
  });
});
