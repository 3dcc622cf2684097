/** docs/reputation.md: its tables are the behavior of the guard. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decide, initialScope } from '../../lambdas/core/reputation/decide.ts';
import { describePause } from '../../lambdas/core/reputation/describe.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../lambdas/core/reputation/limits.ts';
import {
  REPUTATION_METRICS,
  REPUTATION_WINDOWS,
  type ScopeState,
} from '../../lambdas/core/reputation/types.ts';

const page = readFileSync('docs/reputation.md', 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

/** The state of the guard after each row of the example. */
function playExample(): readonly ScopeState[] {
  let scope = initialScope(null);
  return rows
    .filter(([time = '']) => /^\d\d:\d\d$/.test(time))
    .map(([time = '', sent = '', bounced = '']) => {
      const counts = { sent: Number(sent), delivered: 0, bounced: Number(bounced), complained: 0 };
      const window = { ...counts, afterMs: 0, beforeMs: 0 };
      const nowMs = Date.parse(`2026-02-25T${time}:00Z`);
      // The window of the day has the same counts. Its limits are lower, so the example has none of its emails.
      const windows = { hour: window, day: { ...window, sent: 0, bounced: 0 } };
      scope = decide(scope, windows, { limits: DEFAULT_REPUTATION_LIMITS, mode: 'pause', nowMs }) ?? scope;
      return scope;
    });
}

it('the example shows the state that the guard reaches at each row', () => {
  const states = rows.filter(([time = '']) => /^\d\d:\d\d$/.test(time)).map((row) => row[4]);
  expect(states).toHaveLength(5);
  expect(playExample().map(({ state }) => state)).toEqual(states);
});

it('the message in the example is the message of the API', () => {
  const paused = playExample().find(({ state }) => state === 'paused');
  expect(page).toContain(JSON.stringify(describePause(paused ?? initialScope(null))));
});

it('the table of limits contains every default limit', () => {
  for (const window of REPUTATION_WINDOWS)
    for (const metric of REPUTATION_METRICS) {
      const { warning, pause, min_count: minCount } = DEFAULT_REPUTATION_LIMITS[window][metric];
      expect(rows.find(([first, second]) => first === window && second === metric)?.slice(2, 6)).toEqual([
        percent(warning),
        percent(pause),
        String(minCount),
        String(DEFAULT_REPUTATION_LIMITS[window].min_sent),
      ]);
    }
});
