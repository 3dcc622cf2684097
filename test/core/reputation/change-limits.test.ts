import { describe, expect, it } from 'vitest';
import {
  changeLimits,
  invalidLimit,
  type LimitsChange,
} from '../../../lambdas/core/reputation/change-limits.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../../lambdas/core/reputation/limits.ts';

describe('a change of limits', () => {
  it('keeps every limit that it does not name', () => {
    const change: LimitsChange = {
      hour: { min_sent: 7, complaint: { pause: 0.9 } },
      day: { bounce: { warning: 0.01, min_count: undefined } },
    };
    const { hour, day } = DEFAULT_REPUTATION_LIMITS;
    expect(changeLimits(DEFAULT_REPUTATION_LIMITS, change)).toEqual({
      hour: { min_sent: 7, bounce: hour.bounce, complaint: { ...hour.complaint, pause: 0.9 } },
      day: { ...day, bounce: { ...day.bounce, warning: 0.01 } },
    });
    expect(changeLimits(DEFAULT_REPUTATION_LIMITS, {})).toEqual(DEFAULT_REPUTATION_LIMITS);
  });
});

describe('limits', () => {
  const problemOf = (change: LimitsChange) => invalidLimit(changeLimits(DEFAULT_REPUTATION_LIMITS, change));

  it.each([
    [{ hour: { min_sent: 0 } }, 'hour.min_sent', 'whole number'],
    [{ day: { min_sent: 1.5 } }, 'day.min_sent', 'whole number'],
    [{ hour: { bounce: { warning: 0 } } }, 'hour.bounce.warning', 'at least 0.0001'],
    [{ hour: { bounce: { warning: Number.NaN } } }, 'hour.bounce.warning', 'at least 0.0001'],
    [{ hour: { bounce: { warning: 1e-300 } } }, 'hour.bounce.warning', 'at least 0.0001'],
    [{ hour: { complaint: { pause: 1.000_1 } } }, 'hour.complaint.pause', 'at most 1'],
    [{ day: { bounce: { pause: 0 } } }, 'day.bounce.pause', 'at least 0.0001'],
    [
      { day: { bounce: { warning: 0.05 } } },
      'day.bounce.pause',
      'more than the warning limit, which is 0.05',
    ],
    [{ day: { complaint: { min_count: 0 } } }, 'day.complaint.min_count', 'whole number'],
  ] as const)('are invalid at the field that the error names: %j', (change, field, message) => {
    expect(problemOf(change)).toEqual({ field, message: expect.stringContaining(message) as unknown });
  });

  it('are valid up to their bounds', () => {
    expect(problemOf({})).toBeUndefined();
    expect(problemOf({ hour: { bounce: { warning: 0.0001 } } })).toBeUndefined();
    expect(
      problemOf({ hour: { min_sent: 1, bounce: { warning: 0.999, pause: 1, min_count: 1 } } }),
    ).toBeUndefined();
  });
});
