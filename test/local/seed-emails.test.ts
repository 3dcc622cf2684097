import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, SUPPRESSION_REASONS } from '../../lambdas/core/events.ts';
import { intervalStart } from '../../lambdas/core/intervals.ts';
import { providerOf } from '../../lambdas/core/providers.ts';
import { decide, initialScope } from '../../lambdas/core/reputation/decide.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../lambdas/core/reputation/limits.ts';
import { replay } from '../../lambdas/core/reputation/replay.ts';
import { windowsOf } from '../../lambdas/core/reputation/windows.ts';
import { normalize, type UnownedEvent } from '../../lambdas/ingest/normalize.ts';
import { SEED_DAYS, simulateEmails } from '../../local/seed-emails.ts';
import { simulateImport } from '../../local/seed-incidents.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 86_400_000;
const OPTIONS = { from: 'you@yourdomain.example', configurationSet: 'set', seed: 1 };

function simulated(now: string, seed = 1) {
  const options = { ...OPTIONS, nowMs: Date.parse(now), seed };
  const all = [...simulateEmails(options), ...simulateImport(options)];
  return all.toSorted((left, right) => left.atMs - right.atMs);
}
const eventsOf = (now: string) => simulated(now).flatMap(({ event }) => normalize(event).events);
const emailsOf = (events: readonly UnownedEvent[]) => Map.groupBy(events, (event) => event.message_id);
const named = (events: readonly UnownedEvent[], ...names: readonly string[]) =>
  events.filter((event) => names.includes(event.event));

const isImported = ({ tags = [] }: UnownedEvent) => tags.some(([, value]) => value === 'imported-list');

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

  it('has 450 to 550 emails, most of them delivered', () => {
    const ordinary = events.filter((event) => !isImported(event));
    const sent = named(ordinary, 'sent').length;
    expect(emailsOf(events).size).toBeGreaterThanOrEqual(450);
    expect(emailsOf(events).size).toBeLessThanOrEqual(550);
    expect(named(ordinary, 'delivered').length).toBeGreaterThan(sent * 0.8);
    expect(named(ordinary, 'bounced').length).toBeLessThan(sent * 0.05);
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

  it('contains a day on which one provider deferred its emails: most were delivered hours later, and some expired', () => {
    const delays = named(events, 'delayed');
    const perDay = Map.groupBy(delays, (event) => event.timestamp.slice(0, 10));
    const [day = '', worst = []] =
      [...perDay].toSorted((left, right) => right[1].length - left[1].length)[0] ?? [];
    expect(worst.length).toBeGreaterThan(delays.length / 2);
    const ageMs = nowMs - Date.parse(`${day}T13:00:00Z`);
    expect(ageMs).toBeGreaterThan(3 * DAY_MS);
    expect(ageMs).toBeLessThan(7 * DAY_MS);
    const deferred = worst.filter(({ to }) => to !== undefined && providerOf(to) === 'microsoft');
    const affected = [...new Set(deferred.map((event) => event.message_id))];
    expect(affected.length).toBeGreaterThan(30);
    expect(deferred.length).toBeGreaterThan(affected.length * 1.3);
    expect(new Set(deferred.map(({ details }) => details.reason))).toEqual(new Set(['sender_rate_limited']));
    const outcomes = affected.map((id) =>
      named(emailsOf(events).get(id) ?? [], 'delivered', 'soft_bounced').map((event) => event.event),
    );
    expect(outcomes.every((each) => each.length === 1)).toBe(true);
    const isDelivered = outcomes.filter(([outcome]) => outcome === 'delivered');
    expect(isDelivered.length).toBeGreaterThan(affected.length * 0.8);
    expect(isDelivered.length).toBeLessThan(affected.length);
  });

  it('contains an import of old addresses in the last hour, whose bounces name the wording of each provider', () => {
    const imported = events.filter(isImported);
    const bounces = named(imported, 'bounced');
    expect(new Set(bounces.map(({ details }) => details.reason))).toEqual(new Set(['unknown_user']));
    expect(new Set(bounces.map(({ details }) => details.diagnostic_code)).size).toBeGreaterThan(4);
    expect(named(imported, 'sent').length).toBe(150);
    expect(bounces.length).toBeGreaterThan(25);
    expect(named(imported, 'complained').length).toBeGreaterThan(4);
  });

  it('makes the reputation guard warn, and would make it pause', () => {
    const counts = (event: UnownedEvent) => {
      const is = (name: string) => (event.event === name ? 1 : 0);
      const startMs = intervalStart(Date.parse(event.timestamp), 'hour');
      return {
        startMs,
        sent: is('sent'),
        delivered: is('delivered'),
        bounced: is('bounced'),
        complained: is('complained'),
      };
    };
    const hours = events.map(counts);
    const options = { limits: DEFAULT_REPUTATION_LIMITS, nowMs };
    const windows = windowsOf(hours, { nowMs, resume: null });
    expect(decide(initialScope(null), windows, { ...options, mode: 'watch' })).toMatchObject({
      state: 'warning',
      reasons: [
        { window: 'hour', metric: 'bounce', severity: 'pause' },
        { window: 'hour', metric: 'complaint', severity: 'pause' },
      ],
    });
    const dryRun = replay(hours, { ...options, mode: 'pause' });
    expect(dryRun.pauses).toBe(1);
    // The other days have too few emails for a decision.
    const [first] = dryRun.transitions;
    expect(Date.parse(first?.at ?? '')).toBeGreaterThan(nowMs - 2 * HOUR_MS);
  });
});
