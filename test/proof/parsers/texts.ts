/** Times, addresses and packed texts. */
import { bareAddress, canonicalAddress, mailboxHeader } from '../../../lambdas/core/addresses.ts';
import { packRawEvent, unpackRawEvent } from '../../../lambdas/core/raw-event.ts';
import { parseRetryAfter, retryDelaySeconds } from '../../../lambdas/core/retry-schedule.ts';
import { parseSesTimestamp } from '../../../lambdas/core/ses-timestamps.ts';
import { SAMPLES } from '../../fixtures/ses-samples.ts';
import { damaged, damagedText, noise } from './damage.ts';
import { must, type Parser } from './parser.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:00Z');
const SIX_HOURS = 6 * 3600;
const YEAR_10000_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999) + 1;
const RETRY = { firstDelaySeconds: 60, factor: 5, count: 3 };
const MAILBOXES = [
  'ann@example.com',
  'Ann <ann@example.com>',
  '"Ann, \\"Dr.\\"" <ann@example.com>',
  'Jürgen <j@b.de>',
];
const RAW = JSON.stringify(SAMPLES.bounce);
const PACKED = packRawEvent(RAW, 'context');

export const TEXTS: readonly Parser[] = [
  {
    name: 'Retry-After',
    try(dice) {
      const epochMs = NOW_MS + (dice.upTo(200_000) - 100_000) * 1000;
      const good = dice.of([new Date(epochMs).toUTCString(), String(dice.upTo(100_000))]);
      const text = dice.of([good, damagedText(good, dice), noise(dice)]);
      const seconds = parseRetryAfter(text, NOW_MS);
      must(seconds === undefined || Number.isInteger(seconds), `${text}: ${String(seconds)} seconds`);
      const delay = retryDelaySeconds({
        attempt: 1 + dice.upTo(4),
        options: RETRY,
        random: dice.random(),
        nowMs: NOW_MS,
        retryAfter: text,
      });
      must(Number.isInteger(delay) && delay >= 1 && delay <= SIX_HOURS, `${text}: a delay of ${delay} s`);
      must(text !== good || seconds !== undefined, `${text} was not read`);
      return seconds === undefined ? 'refused' : 'taken';
    },
  },
  {
    name: 'SES timestamp',
    try(dice) {
      const epochMs = dice.upTo(YEAR_10000_MS);
      const iso = new Date(epochMs).toISOString();
      const values = [iso, damagedText(iso, dice), damagedText(iso, dice), noise(dice)];
      const value: unknown = dice.chance(0.1) ? damaged({ iso }, dice).iso : dice.of(values);
      const read = parseSesTimestamp(value);
      must(value !== iso || read === epochMs, `${iso} was read as ${String(read)}`);
      must(
        read === undefined || (Number.isSafeInteger(read) && read >= 0 && read < YEAR_10000_MS),
        `${JSON.stringify(value)} was read as ${String(read)}`,
      );
      return read === undefined ? 'refused' : 'taken';
    },
  },
  {
    name: 'address and mailbox',
    try(dice) {
      const good = dice.of(MAILBOXES);
      const mailbox = dice.of([good, damagedText(good, dice), noise(dice)]);
      const bare = bareAddress(mailbox);
      must(bare === bare.trim() && mailbox.includes(bare), 'An address was made up');
      must(
        canonicalAddress(canonicalAddress(bare)) === canonicalAddress(bare),
        'There are two canonical forms',
      );
      const header = mailboxHeader(mailbox);
      must(header.endsWith(bare) || header.endsWith(`<${bare}>`), 'The header names another address');
      const name = header.slice(0, header.length - bare.length - 2).trimEnd();
      must(header === bare || /^[\u0020-\u007e]*$/.test(name), 'The name is not ASCII');
      return header === bare ? 'refused' : 'taken';
    },
  },
  {
    name: 'packed raw event',
    try(dice) {
      const bytes = Buffer.from(PACKED);
      const whole = dice.chance(0.2);
      if (!whole)
        for (let flips = 1 + dice.upTo(3); flips > 0; flips -= 1)
          bytes.writeUInt8(dice.upTo(256), dice.upTo(bytes.length));
      const cut = whole
        ? bytes
        : bytes.subarray(0, dice.chance(0.3) ? dice.upTo(bytes.length) : bytes.length);
      try {
        must(unpackRawEvent(cut, 'context') === RAW, 'Another text was unpacked without a word');
        return 'taken';
      } catch (error) {
        must(error instanceof Error && !whole && !/without a word/.test(error.message), String(error));
        return 'refused';
      }
    },
  },
];
