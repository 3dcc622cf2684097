import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  healthOf,
  isRecordedFailing,
  decideFailureAction,
  probeDelaySeconds,
} from '../../lambdas/core/endpoint-health.ts';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';

const SINCE = '2026-02-20T12:00:00Z';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const after = (ms: number): number => Date.parse(SINCE) + ms;

describe('decideFailureAction', () => {
  it.each([
    ['the first', 1, undefined, 0, 'none'],
    ['the ninth', 9, undefined, MINUTE, 'none'],
    ['the tenth', 10, undefined, MINUTE, 'open_breaker'],
    ['the tenth, with the breaker open', 10, SINCE, MINUTE, 'none'],
    [
      'the tenth within five seconds, when concurrent attempts may still succeed',
      10,
      undefined,
      4_999,
      'none',
    ],
    ['the tenth after five seconds', 10, undefined, 5_000, 'open_breaker'],
    ['the hundredth, at once', 100, undefined, 0, 'open_breaker'],
    ['the ninety-ninth within five seconds', 99, undefined, 4_999, 'none'],
    ['the eleventh, with the breaker closed', 11, undefined, MINUTE, 'open_breaker'],
    ['the tenth, a moment short of five days', 10, SINCE, 5 * DAY - 1, 'none'],
    ['the tenth, after five days', 10, SINCE, 5 * DAY, 'disable'],
    ['the ninth, after five days', 9, undefined, 6 * DAY, 'none'],
  ])('decides for the failure: %s', (_label, failures, openedAt, ms, action) => {
    const endpoint = { failures, failing_since: SINCE, ...(openedAt && { breaker_opened_at: openedAt }) };
    expect(decideFailureAction(endpoint, after(ms))).toBe(action);
  });
});

const time = (ms: number): string => new Date(after(ms)).toISOString();

describe('healthOf an endpoint', () => {
  it.each([
    ['without a failure', {}, 'healthy'],
    ['with nine failures within a minute', { failures: 9, lasted: MINUTE }, 'healthy'],
    ['with ten failures within 4.999 s', { failures: 10, lasted: 4_999 }, 'healthy'],
    ['with ten failures over 5 s', { failures: 10, lasted: 5_000 }, 'failing'],
    ['with 99 failures at one moment', { failures: 99, lasted: 0 }, 'healthy'],
    ['with 100 failures at one moment', { failures: 100, lasted: 0 }, 'failing'],
    ['with two failures over four days', { failures: 2, lasted: 4 * DAY }, 'healthy'],
    ['with three failures, a moment short of 15 min', { failures: 3, lasted: 15 * MINUTE - 1 }, 'healthy'],
    ['with three failures over 15 min', { failures: 3, lasted: 15 * MINUTE }, 'failing'],
    ['with one failure a day for four days', { failures: 4, lasted: 3 * DAY }, 'failing'],
    [
      'recorded as failing, after the breaker closed',
      { failures: 11, lasted: 0, health: 'failing' },
      'failing',
    ],
    ['with an open breaker and nothing else', { breaker_opened_at: SINCE }, 'failing'],
  ] as const)('%s', (_label, { lasted, ...endpoint }: Partial<Endpoint> & { lasted?: number }, health) => {
    const streak = lasted === undefined ? {} : { failing_since: SINCE, last_failure_at: time(lasted) };
    // Time that passes without an attempt does not change the health.
    for (const nowMs of [after(lasted ?? 0), after(30 * DAY)])
      expect(healthOf({ ...endpoint, ...streak }, nowMs)).toBe(health);
  });

  it.each([
    ['ten failures', 10, MINUTE, 'failing'],
    ['three failures', 3, MINUTE, 'healthy'],
    ['three failures', 3, DAY, 'failing'],
    ['one failure', 1, 30 * DAY, 'healthy'],
  ] as const)(
    'with a row of an earlier version, with %s, counts the streak until now',
    (_label, failures, ms, health) => {
      expect(healthOf({ failures, failing_since: SINCE }, after(ms))).toBe(health);
    },
  );

  it('is failing if the breaker opens, and one more failure never makes it healthy', () => {
    fc.assert(
      fc.property(fc.nat(150), fc.nat(10 * DAY), fc.nat(DAY), (failures, ms, more) => {
        const at = (count: number, lasted: number) => ({
          failures: count,
          failing_since: SINCE,
          last_failure_at: time(lasted),
        });
        const health = healthOf(at(failures, ms), after(ms));
        const opens = decideFailureAction(at(failures, ms), after(ms)) !== 'none';
        const later = healthOf(at(failures + 1, ms + more), after(ms + more));
        expect([opens && health === 'healthy', health === 'failing' && later === 'healthy']).toEqual([
          false,
          false,
        ]);
      }),
    );
  });
});

describe('isRecordedFailing', () => {
  it.each([
    ['a healthy endpoint', {}, false],
    ['a short streak', { failures: 3, failing_since: SINCE, last_failure_at: SINCE }, false],
    [
      'a streak of ten that is not recorded yet',
      { failures: 10, failing_since: SINCE, last_failure_at: SINCE },
      false,
    ],
    [
      'a recorded streak',
      { failures: 3, failing_since: SINCE, last_failure_at: SINCE, health: 'failing' },
      true,
    ],
    ['a row of an earlier version with an open breaker', { failures: 10, breaker_opened_at: SINCE }, true],
    ['a row of an earlier version whose breaker closed again', { failures: 10, failing_since: SINCE }, true],
    ['a row of an earlier version with a short streak', { failures: 9, failing_since: SINCE }, false],
  ] as const)('for %s: %j', (_label, endpoint, isRecorded) => {
    expect(isRecordedFailing(endpoint)).toBe(isRecorded);
  });
});

describe('probeDelaySeconds', () => {
  it('doubles with each probe, up to 15 minutes', () => {
    expect([0, 1, 2, 3, 4, 50].map(probeDelaySeconds)).toEqual([60, 120, 240, 480, 900, 900]);
  });
});
