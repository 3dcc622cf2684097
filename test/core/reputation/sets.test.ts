import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_VALUE } from '../../../lambdas/core/dimensions.ts';
import { isScope, setHoursOf, type SetHour } from '../../../lambdas/core/reputation/sets.ts';
import { REPUTATION_STATES, type HourCounts } from '../../../lambdas/core/reputation/types.ts';
import { windowsOf } from '../../../lambdas/core/reputation/windows.ts';
import { NO_COUNTS, NOW_MS } from './scopes.ts';

const HOUR_MS = 3_600_000;
const THIS_HOUR_MS = Date.parse('2026-02-25T12:00:00Z');
const OTHER = undefined;

const hourWith = (counts: Partial<HourCounts>, hoursAgo = 0): HourCounts => ({
  ...NO_COUNTS,
  ...counts,
  startMs: THIS_HOUR_MS - hoursAgo * HOUR_MS,
});

describe('the configuration sets of a workspace', () => {
  it('are grouped by name, without the emails that have none', () => {
    const [first, second, third] = [hourWith({ sent: 1 }), hourWith({ sent: 2 }, 5), hourWith({ sent: 3 })];
    const { hours } = setHoursOf([
      { value: 'news', hour: first },
      { value: 'alerts', hour: third },
      { value: 'news', hour: second },
      { value: NO_VALUE, hour: first },
      { value: OTHER, hour: first },
    ]);
    expect([...hours]).toEqual([
      ['news', [first, second]],
      ['alerts', [third]],
    ]);
  });

  it.each([
    [[], false],
    [['news'], false],
    [['news', 'news'], false],
    [[NO_VALUE], false],
    [[OTHER], false],
    [['news', 'alerts'], true],
    [['news', NO_VALUE], true],
    [['news', OTHER], true],
    [[NO_VALUE, OTHER], true],
  ])('are scopes if the events have at least two values: %j', (values, areScopes) => {
    const rows = values.map((value, index) => ({ value, hour: hourWith({ sent: 1 }, index) }));
    expect(setHoursOf(rows).areScopes).toBe(areScopes);
  });

  it.each(['sent', 'delivered', 'bounced', 'complained'])(
    'count a row with only the counter %s',
    (counter) => {
      const rows = [
        { value: 'news', hour: hourWith({ sent: 1 }) },
        { value: 'alerts', hour: hourWith({ [counter]: 1 }) },
      ];
      expect(setHoursOf(rows).areScopes).toBe(true);
    },
  );

  it.each([OTHER, 'alerts', NO_VALUE])('ignore the row of %s if it has no counted event', (value) => {
    const rows = [
      { value: 'news', hour: hourWith({ sent: 1 }) },
      { value, hour: hourWith({}) },
    ];
    expect(setHoursOf(rows).areScopes).toBe(false);
  });

  it('have the windows of the workspace or no counts, if they are no scopes', () => {
    const anyRow: fc.Arbitrary<SetHour> = fc
      .tuple(
        fc.constantFrom('news', 'alerts', NO_VALUE, OTHER),
        fc.record({ sent: fc.nat(2), delivered: fc.nat(1), bounced: fc.nat(1), complained: fc.nat(1) }),
        fc.nat(23),
      )
      .map(([value, counts, hoursAgo]) => ({ value, hour: hourWith(counts, hoursAgo) }));
    const at = { nowMs: NOW_MS, resume: null };
    const none = windowsOf([], at);
    let times = 0;
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 4 }), (rows) => {
        const { hours, areScopes } = setHoursOf(rows);
        if (areScopes) return;
        const all = windowsOf(
          rows.map(({ hour }) => hour),
          at,
        );
        for (const ofSet of hours.values()) {
          times += 1;
          expect([all, none]).toContainEqual(windowsOf(ofSet, at));
        }
      }),
      { numRuns: 1_000 },
    );
    expect(times).toBeGreaterThan(100);
  });
});

it.each(REPUTATION_STATES)('a configuration set in the state %s is a scope beside another one', (state) => {
  expect(isScope({ state }, { hours: new Map(), areScopes: true })).toBe(true);
});

it('the only configuration set is a scope only while it is not ok', () => {
  const scopes = REPUTATION_STATES.filter((state) =>
    isScope({ state }, { hours: new Map(), areScopes: false }),
  );
  expect(scopes).toEqual(['warning', 'paused']);
});
