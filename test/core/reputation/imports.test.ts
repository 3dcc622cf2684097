import { describe, expect, it } from 'vitest';
import { decide, initialScope } from '../../../lambdas/core/reputation/decide.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../../lambdas/core/reputation/limits.ts';
import type { HourCounts } from '../../../lambdas/core/reputation/types.ts';
import { windowsOf } from '../../../lambdas/core/reputation/windows.ts';
import { SES_LIMITS } from '../../../lambdas/core/stats.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const IMPORT_MS = Date.parse('2026-02-25T02:00:00Z');
/** The volume in notices of AWS about the bounce rate of an account. */
const ACCOUNT_SENT = 10_000;
const NORMAL_BOUNCE_SHARE = 0.008;

interface Import {
  /** Normal emails an hour, in the day before the import. */
  readonly normal: number;
  readonly perMinute: number;
  readonly bounceShare: number;
}

/** The bounce rate of the account when the guard pauses it. The guard decides once a minute, and a bounce arrives a minute after its email. */
function accountRateAtPause({ normal, perMinute, bounceShare }: Import): number {
  const rows = new Map<number, HourCounts>();
  const add = (startMs: number, sent: number, bounced: number) => {
    const row = rows.get(startMs) ?? { startMs, sent: 0, delivered: 0, bounced: 0, complained: 0 };
    rows.set(startMs, { ...row, sent: row.sent + sent, bounced: row.bounced + bounced });
  };
  for (let hour = 1; hour < 24; hour += 1)
    add(IMPORT_MS - hour * HOUR_MS, normal, normal * NORMAL_BOUNCE_SHARE);
  for (let minute = 1; minute <= 24 * 60; minute += 1) {
    const nowMs = IMPORT_MS + minute * MINUTE_MS - 1;
    add(Math.floor(nowMs / HOUR_MS) * HOUR_MS, perMinute, minute === 1 ? 0 : perMinute * bounceShare);
    const windows = windowsOf([...rows.values()], { nowMs, resume: null });
    const next = decide(initialScope(null), windows, {
      limits: DEFAULT_REPUTATION_LIMITS,
      mode: 'pause',
      nowMs,
    });
    if (next?.state === 'paused') {
      const sent = minute * perMinute;
      return (ACCOUNT_SENT * NORMAL_BOUNCE_SHARE + sent * bounceShare) / (ACCOUNT_SENT + sent);
    }
  }
  return Infinity;
}

describe('an import is paused before the account reaches the rate at which SES reviews it', () => {
  const imports = [0, 100, 400].flatMap((normal) =>
    [10, 60, 300, 840].flatMap((perMinute) =>
      [0.06, 0.08, 0.1, 0.12, 0.18, 0.25].map((bounceShare) => ({ normal, perMinute, bounceShare })),
    ),
  );

  it.each(imports)('$normal normal emails an hour, $perMinute a minute, $bounceShare bounce', (each) => {
    expect(accountRateAtPause(each)).toBeLessThan(SES_LIMITS.bounce.review);
  });

  it('except an import that is faster or worse than the batching window of the counters can stop', () => {
    const rate = accountRateAtPause({ normal: 400, perMinute: 840, bounceShare: 0.6 });
    expect(rate).toBeGreaterThan(SES_LIMITS.bounce.review);
    expect(rate).toBeLessThan(SES_LIMITS.bounce.pause);
  });
});
