/**
 * A day of a sender with 400 emails an hour. At 02:00, a person imports an old list and sends to it.
 */
import { describe, expect, it } from 'vitest';
import { SES_LIMITS } from '../../lambdas/core/stats.ts';
import { HOUR_MS, MIDNIGHT_MS, MINUTE_MS, NORMAL, setUpDay } from './day-world.ts';

const IMPORT_MS = MIDNIGHT_MS + 2 * HOUR_MS;

/** The volume in notices of AWS about the bounce rate of an account, with the bounce rate of this sender before the import. */
const ACCOUNT = { sent: 10_000, bounced: 80 };
const IMPORT = { size: 20_000, bounceShare: 0.18 };

/** Plays the day until the pause, or until an hour after the start of the import. */
async function playDay(importPerSecond: number) {
  const { counts, pauses, sendAfter, runUntil } = await setUpDay();
  sendAfter(0, NORMAL);
  sendAfter(2 * HOUR_MS, { name: 'import', gapMs: 1_000 / importPerSecond, ...IMPORT });
  await runUntil(3 * HOUR_MS);
  // What SES has sent and what has bounced at the pause, on top of the volume before.
  return { pausedMs: pauses[0], ...counts };
}

const accountRate = ({ sent, bounced }: { readonly sent: number; readonly bounced: number }) =>
  (ACCOUNT.bounced + bounced) / (ACCOUNT.sent + sent);

describe('a day with a bad import at 02:00', () => {
  it('would reach the rate at which SES pauses an account, if the whole import were sent', () => {
    const { size, bounceShare } = IMPORT;
    expect(accountRate({ sent: size, bounced: size * bounceShare })).toBeGreaterThan(SES_LIMITS.bounce.pause);
  });

  it.each([
    // 14 emails a second is the quota that SES gives a new account. A faster import bounces faster.
    { perSecond: 14, minutes: 1.4, rate: 0.019 },
    { perSecond: 3, minutes: 2.8, rate: 0.0135 },
  ])(
    'with $perSecond emails a second is paused after $minutes minutes, when the account is at $rate',
    async ({ perSecond, minutes, rate }) => {
      const day = await playDay(perSecond);
      const pausedAfter = ((day.pausedMs ?? Infinity) - IMPORT_MS) / MINUTE_MS;
      expect(pausedAfter).toBeGreaterThan(0);
      expect(pausedAfter).toBeLessThan(minutes);
      expect(pausedAfter).toBeLessThan(5);
      expect(accountRate(day)).toBeLessThan(rate);
      expect(accountRate(day)).toBeLessThan(SES_LIMITS.bounce.review);
    },
  );
});
