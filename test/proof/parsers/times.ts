/** Times in the formats of other systems. Each time is parsed in two ways, and the results must agree. */
import { parseRetryAfter, retryDelaySeconds } from '../../../lambdas/core/retry-schedule.ts';
import { parseSesTimestamp } from '../../../lambdas/ingest/ses-timestamps.ts';
import { intervalEnd } from '../../../lambdas/core/intervals.ts';
import { expiresAtSeconds, formatTimestamp, sortableTimestamp } from '../../../lambdas/core/timestamps.ts';
import { rfc3339 } from '../../../lambdas/api/schemas/common.ts';
import type { Dice } from '../../../sim/random.ts';
import { damageValue, damageText, noise } from './damage.ts';
import { assertThat, type Parser } from './parser.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:00Z');
const SIX_HOURS = 6 * 3600;
const YEAR_10000_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999) + 1;
const DAY_MS = 86_400_000;
const RETRY = { firstDelaySeconds: 60, factor: 5, count: 3 };

/** A delay in every form of `Retry-After`: the number of seconds, and the three date forms of RFC 9110. */
function retryAfterForms(seconds: number): readonly string[] {
  const fixed = new Date(NOW_MS + seconds * 1000).toUTCString();
  const [, day = '', date = '', month = '', year = '', time = ''] =
    /^(\w{3}), (\d\d) (\w{3}) (\d{4}) (\S+) GMT$/.exec(fixed) ?? [];
  const long = { Sun: 'Sunday', Mon: 'Monday', Tue: 'Tuesday', Wed: 'Wednesday' }[day] ?? 'Thursday';
  return [
    String(seconds),
    fixed,
    `${long}, ${date}-${month}-${year.slice(2)} ${time} GMT`,
    `${day} ${month} ${date.replace(/^0/, ' ')} ${time} ${year}`,
  ];
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** A time in another time zone, and in the forms that SES uses. */
function timestampForms(epochMs: number, dice: Dice): readonly string[] {
  const minutes = dice.below(14 * 60);
  const east = dice.chance(0.5);
  const local = new Date(epochMs + (east ? minutes : -minutes) * 60_000).toISOString().slice(0, -1);
  const offset = `${east ? '+' : '-'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
  const utc = new Date(epochMs).toISOString();
  return [
    utc,
    utc.slice(0, -1),
    utc.replace('T', ' '),
    utc.replace('Z', ' +0000'),
    local + offset,
    `${local} ${offset}`,
    local + offset.replace(':', ''),
    formatTimestamp(epochMs),
  ];
}

/** Times at the ends of the years 0 to 9999. */
const EDGES = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '9999-12-31T00:00:00.001Z',
  '9999-12-31T23:59:59-23:59',
];

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Parses a time without Date.parse. Returns undefined if the text is not a time. */
function parseIndependently(text: string): number | undefined {
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign, hours = '0', minutes = '0'] =
    RFC3339.exec(text) ?? [];
  if (year === undefined) return undefined;
  const time = new Date(0);
  time.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (time.getUTCDate() !== Number(day)) return undefined;
  time.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.slice(0, 3).padEnd(3, '0')));
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return time.getTime() - (sign === '-' ? -offset : offset);
}

export const TIMES: readonly Parser[] = [
  {
    name: 'Retry-After',
    try(dice) {
      const expected = dice.below(SIX_HOURS + 1);
      const forms = retryAfterForms(expected);
      for (const form of forms)
        assertThat(parseRetryAfter(form, NOW_MS) === expected, `${form} is not ${expected} s from now`);
      const valid = dice.pick(forms);
      const digits = '9'.repeat(dice.below(400));
      const text = dice.pick([valid, damageText(valid, dice), noise(dice), digits]);
      const seconds = parseRetryAfter(text, NOW_MS);
      assertThat(seconds === undefined || Number.isInteger(seconds), `${text}: ${String(seconds)} seconds`);
      const attempt = 1 + dice.below(4);
      const schedule = { attempt, options: RETRY, random: dice.random(), nowMs: NOW_MS };
      const delay = retryDelaySeconds({ ...schedule, retryAfter: text });
      assertThat(
        Number.isInteger(delay) && delay >= 1 && delay <= SIX_HOURS,
        `${text}: a delay of ${delay} s`,
      );
      assertThat(
        delay >= retryDelaySeconds(schedule),
        `${text}: the delay is shorter than without Retry-After`,
      );
      return seconds === undefined ? 'refused' : 'accepted';
    },
  },
  {
    name: 'SES timestamp',
    try(dice) {
      const epochMs = dice.below(YEAR_10000_MS - DAY_MS) + DAY_MS / 2;
      const forms = timestampForms(epochMs, dice);
      for (const form of forms) assertThat(parseSesTimestamp(form) === epochMs, `${form} was misread`);
      const valid = dice.pick(forms);
      const texts = [valid, damageText(valid, dice), damageText(valid, dice), noise(dice)];
      const value: unknown = dice.chance(0.1) ? damageValue({ valid }, dice).valid : dice.pick(texts);
      const parsed = parseSesTimestamp(value);
      assertThat(
        parsed === undefined || (Number.isSafeInteger(parsed) && parsed >= 0 && parsed < YEAR_10000_MS),
        `${JSON.stringify(value)} was parsed as ${String(parsed)}`,
      );
      return parsed === undefined ? 'refused' : 'accepted';
    },
  },
  {
    name: 'time in an API request',
    try(dice) {
      const epochMs = dice.below(YEAR_10000_MS - 2 * DAY_MS) + DAY_MS;
      const valid = dice.pick([formatTimestamp(epochMs), timestampForms(epochMs, dice)[4] ?? '']);
      const others = [damageText(valid, dice), damageText(valid, dice), noise(dice), dice.pick(EDGES)];
      const text = dice.pick([valid, valid, ...others]);
      const isAccepted = rfc3339.safeParse(text).success;
      assertThat(isAccepted || text !== valid, `${valid} was refused`);
      if (!isAccepted) return 'refused';
      const parsed = Date.parse(text);
      assertThat(
        parseIndependently(text) === parsed,
        `${text} was accepted, but the independent parser returns ${String(parseIndependently(text))}`,
      );
      for (const derived of [parsed - 30 * DAY_MS, intervalEnd(parsed, 'day')])
        assertThat(
          sortableTimestamp(formatTimestamp(derived)).length === 24,
          `${text} is too close to the first or last possible time`,
        );
      const formatted = formatTimestamp(parsed);
      assertThat(
        rfc3339.safeParse(formatted).success && Date.parse(formatted) === parsed,
        `${formatted} is another time`,
      );
      return 'accepted';
    },
  },
  {
    name: 'time in a table key',
    try(dice) {
      const [first, second] = [dice.below(YEAR_10000_MS), dice.below(YEAR_10000_MS)];
      const keys = [first, second].map((epochMs) => sortableTimestamp(formatTimestamp(epochMs)));
      assertThat(
        keys.every((key) => key.length === 24),
        `${keys.join()} have different lengths`,
      );
      assertThat(
        (keys[0] ?? '') < (keys[1] ?? '') === first < second,
        `${keys.join()} are in another order than their times`,
      );
      const event = { timestamp: formatTimestamp(first), receivedAtMs: second, retentionDays: 90 };
      const ttl = expiresAtSeconds(event);
      assertThat(
        Number.isSafeInteger(ttl) && ttl * 1000 > Math.max(first, second),
        'A row expires before it is written',
      );
      const text = dice.pick([event.timestamp, damageText(event.timestamp, dice), noise(dice)]);
      try {
        return Number.isFinite(Date.parse(sortableTimestamp(text))) ? 'accepted' : 'refused';
      } catch (error) {
        assertThat(error instanceof RangeError && text !== event.timestamp, String(error));
        return 'refused';
      }
    },
  },
];
