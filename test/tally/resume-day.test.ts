/** A person resumes sending in the hour of a bad import. The import has ended, or it continues. */
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MIDNIGHT_MS, MINUTE_MS, NORMAL, setUpDay } from './day-world.ts';

const at = (hours: number, minutes: number) => hours * HOUR_MS + minutes * MINUTE_MS;
const IMPORT = { name: 'import', gapMs: 1_000 / 14, bounceShare: 0.18 };
/** The floor of bounces in the window `hour`. */
const FLOOR = 20;

describe('after a resume in the hour of a bad import', () => {
  it('the late bounces of an import that the guard has paused do not pause again', async () => {
    const { counts, pauses, resume, runUntil, sendAfter } = await setUpDay();
    sendAfter(0, NORMAL);
    sendAfter(at(2, 8.6), { ...IMPORT, lateShare: 0.5, endMs: MIDNIGHT_MS + at(2, 15) });
    await runUntil(at(2, 15));
    const [pausedMs = 0] = pauses;
    expect(pausedMs).toBeLessThan(MIDNIGHT_MS + at(2, 11));
    await runUntil(at(2, 20));
    await resume();
    const { bounced } = counts;
    await runUntil(at(2, 40));
    // Without the correction, these bounces reach the limits.
    expect(counts.bounced - bounced).toBeGreaterThan(FLOOR * 1.5);
    await runUntil(at(4, 0));
    expect(pauses).toEqual([pausedMs]);
  });

  it('the late bounces that arrive in the next hour do not pause again', async () => {
    const { counts, pauses, resume, runUntil, sendAfter } = await setUpDay();
    sendAfter(0, NORMAL);
    sendAfter(at(2, 48.6), { ...IMPORT, lateShare: 0.5, endMs: MIDNIGHT_MS + at(2, 55) });
    await runUntil(at(2, 55));
    const [pausedMs = 0] = pauses;
    expect(pausedMs).toBeGreaterThan(0);
    await runUntil(at(2, 57));
    await resume();
    await runUntil(at(3, 0));
    const { bounced } = counts;
    await runUntil(at(3, 20));
    expect(counts.bounced - bounced).toBeGreaterThan(FLOOR * 1.5);
    // At 04:00, the hour of the resume leaves the window `hour`.
    await runUntil(at(6, 0));
    expect(pauses).toEqual([pausedMs]);
  });

  it('the late bounces of an import of five minutes that a person has paused do not pause again', async () => {
    const { counts, pauses, pause, resume, runUntil, sendAfter, setMode } = await setUpDay({ mode: 'watch' });
    sendAfter(0, NORMAL);
    sendAfter(at(2, 5), { ...IMPORT, lateShare: 0.2, endMs: MIDNIGHT_MS + at(2, 10) });
    await runUntil(at(2, 10));
    await pause();
    await runUntil(at(2, 20));
    await setMode('pause');
    await resume();
    const { bounced } = counts;
    await runUntil(at(2, 40));
    expect(counts.bounced - bounced).toBeGreaterThan(FLOOR * 1.5);
    await runUntil(at(4, 0));
    expect(pauses).toEqual([]);
  });

  it.each([
    { name: 'at 14 emails a second, ten minutes later', perSecond: 14, waitMinutes: 10, minutes: 2 },
    { name: 'at 3 emails a second, ten minutes later', perSecond: 3, waitMinutes: 10, minutes: 4 },
    { name: 'at 14 emails a second, two minutes later', perSecond: 14, waitMinutes: 2, minutes: 3 },
  ])('an import that continues $name is paused again in $minutes minutes', async (resumed) => {
    const { clock, pauses, resume, runUntil, sendAfter } = await setUpDay();
    sendAfter(0, NORMAL);
    sendAfter(at(2, 0), { ...IMPORT, gapMs: 1_000 / resumed.perSecond });
    await runUntil(at(2, 15));
    await clock.run(clock.nowMs + resumed.waitMinutes * MINUTE_MS);
    const resumedMs = clock.nowMs;
    await resume();
    await runUntil(at(3, 0));
    const pausedAfter = ((pauses[1] ?? Infinity) - resumedMs) / MINUTE_MS;
    expect(pausedAfter).toBeGreaterThan(0);
    expect(pausedAfter).toBeLessThan(resumed.minutes);
  });
});
