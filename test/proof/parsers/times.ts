/** Times as others write them, each read in two ways that must agree. */
import { parseRetryAfter, retryDelaySeconds } from '../../../lambdas/core/retry-schedule.ts';
import { parseSesTimestamp } from '../../../lambdas/ingest/ses-timestamps.ts';
import { intervalEnd } from '../../../lambdas/core/stats.ts';
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

/** The three forms of RFC 9110, and the number of seconds. */
function waysToSay(seconds: number): readonly string[] {
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

/** A time in another zone, and in the forms that SES has for it. */
function waysToWrite(epochMs: number, dice: Dice): readonly string[] {
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

/** Of the years that four digits can say. */
const EDGES = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '9999-12-31T00:00:00.001Z',
  '9999-12-31T23:59:59-23:59',
];

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** By the calendar, and without Date.parse; undefined where it is none. */
function readByHand(text: string): number | undefined {
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
      const wanted = dice.below(SIX_HOURS + 1);
      const ways = waysToSay(wanted);
      for (const way of ways)
        assertThat(parseRetryAfter(way, NOW_MS) === wanted, `${way} is not ${wanted} s from now`);
      const good = dice.pick(ways);
      const digits = '9'.repeat(dice.below(400));
      const text = dice.pick([good, damageText(good, dice), noise(dice), digits]);
      const seconds = parseRetryAfter(text, NOW_MS);
      assertThat(seconds === undefined || Number.isInteger(seconds), `${text}: ${String(seconds)} seconds`);
      const attempt = 1 + dice.below(4);
      const asked = { attempt, options: RETRY, random: dice.random(), nowMs: NOW_MS };
      const delay = retryDelaySeconds({ ...asked, retryAfter: text });
      assertThat(
        Number.isInteger(delay) && delay >= 1 && delay <= SIX_HOURS,
        `${text}: a delay of ${delay} s`,
      );
      assertThat(delay >= retryDelaySeconds(asked), `${text}: sooner than without it`);
      return seconds === undefined ? 'refused' : 'taken';
    },
  },
  {
    name: 'SES timestamp',
    try(dice) {
      const epochMs = dice.below(YEAR_10000_MS - DAY_MS) + DAY_MS / 2;
      const ways = waysToWrite(epochMs, dice);
      for (const way of ways) assertThat(parseSesTimestamp(way) === epochMs, `${way} was misread`);
      const good = dice.pick(ways);
      const texts = [good, damageText(good, dice), damageText(good, dice), noise(dice)];
      const value: unknown = dice.chance(0.1) ? damageValue({ good }, dice).good : dice.pick(texts);
      const read = parseSesTimestamp(value);
      assertThat(
        read === undefined || (Number.isSafeInteger(read) && read >= 0 && read < YEAR_10000_MS),
        `${JSON.stringify(value)} was read as ${String(read)}`,
      );
      return read === undefined ? 'refused' : 'taken';
    },
  },
  {
    name: 'time, by the API',
    try(dice) {
      const epochMs = dice.below(YEAR_10000_MS - 2 * DAY_MS) + DAY_MS;
      const good = dice.pick([formatTimestamp(epochMs), waysToWrite(epochMs, dice)[4] ?? '']);
      const wrong = [damageText(good, dice), damageText(good, dice), noise(dice), dice.pick(EDGES)];
      const text = dice.pick([good, good, ...wrong]);
      const taken = rfc3339.safeParse(text).success;
      assertThat(taken || text !== good, `${good} was refused`);
      if (!taken) return 'refused';
      const read = Date.parse(text);
      assertThat(
        readByHand(text) === read,
        `${text} was taken, and is ${String(readByHand(text))} by the calendar`,
      );
      for (const reckoned of [read - 30 * DAY_MS, intervalEnd(read, 'day')])
        assertThat(
          sortableTimestamp(formatTimestamp(reckoned)).length === 24,
          `${text} is too near to an end of time`,
        );
      const written = formatTimestamp(read);
      assertThat(
        rfc3339.safeParse(written).success && Date.parse(written) === read,
        `${written} is another time`,
      );
      return 'taken';
    },
  },
  {
    name: 'time, in keys',
    try(dice) {
      const [one, two] = [dice.below(YEAR_10000_MS), dice.below(YEAR_10000_MS)];
      const keys = [one, two].map((epochMs) => sortableTimestamp(formatTimestamp(epochMs)));
      assertThat(
        keys.every((key) => key.length === 24),
        `${keys.join()} are of two lengths`,
      );
      assertThat(
        (keys[0] ?? '') < (keys[1] ?? '') === one < two,
        `${keys.join()} are in another order than their times`,
      );
      const event = { timestamp: formatTimestamp(one), receivedAtMs: two, retentionDays: 90 };
      const ttl = expiresAtSeconds(event);
      assertThat(
        Number.isSafeInteger(ttl) && ttl * 1000 > Math.max(one, two),
        'A row expires before it is there',
      );
      const text = dice.pick([event.timestamp, damageText(event.timestamp, dice), noise(dice)]);
      try {
        return Number.isFinite(Date.parse(sortableTimestamp(text))) ? 'taken' : 'refused';
      } catch (error) {
        assertThat(error instanceof RangeError && text !== event.timestamp, String(error));
        return 'refused';
      }
    },
  },
];
