import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { simulateDay } from '../../local/seed-day.ts';

const NOW = Date.parse('2026-02-25T12:00:00Z');
const OPTIONS = { nowMs: NOW, from: 'you@yourdomain.example', configurationSet: 'set', seed: 1 };
const day = simulateDay(OPTIONS);
const events = day.flatMap((event) => normalize(event).events);

describe('a simulated day of email', () => {
  it('is the same for the same seed and different for another seed', () => {
    expect(simulateDay(OPTIONS)).toEqual(day);
    expect(simulateDay({ ...OPTIONS, seed: 2 })).not.toEqual(day);
  });

  it('is within 24 hours, oldest event first, without duplicate events', () => {
    const times = events.map((event) => Date.parse(event.timestamp));
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(times[0]).toBeGreaterThanOrEqual(NOW - 86_400_000);
    expect(times.at(-1)).toBeLessThanOrEqual(NOW);
    expect(new Set(events.map((event) => event.event_id)).size).toBe(events.length);
  });

  it('contains mostly delivered emails, and every status', () => {
    const statuses = Map.groupBy(events, (event) => event.event);
    expect([...statuses.keys()].toSorted()).toEqual(
      EVENT_NAMES.filter((name) => name !== 'unknown').toSorted(),
    );
    const sent = statuses.get('sent')?.length ?? 0;
    expect(statuses.get('delivered')?.length).toBeGreaterThan(sent * 0.75);
    for (const name of ['opened', 'clicked'] as const) {
      const automated = statuses.get(name)?.map(({ details }) => details.automated);
      expect(automated).toContain(true);
      expect(automated).toContain(undefined);
    }
    expect(events.length).toBeGreaterThan(60);
    expect(events.length).toBeLessThan(100);
  });
});
