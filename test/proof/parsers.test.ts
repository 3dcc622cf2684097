/** Every parser of input from outside, with valid input, damaged input and noise. */
import { afterAll, describe, expect, it } from 'vitest';
import { CREDENTIALS } from './parsers/keys.ts';
import { LONG_TEXT_READERS, readLongTexts } from './parsers/long.ts';
import { TASKS } from './parsers/machines.ts';
import { SES_EVENTS } from './parsers/ses-events.ts';
import type { Parser, ParseResult } from './parsers/parser.ts';
import { REQUESTS } from './parsers/requests.ts';
import { STREAM } from './parsers/stream.ts';
import { TEXTS } from './parsers/texts.ts';
import { TIMES } from './parsers/times.ts';
import { recordFigures } from '../../pages/reliability/records.ts';
import { SEED, sized } from './size.ts';
import { Dice, seededRandom } from '../../sim/random.ts';

const TRIES = sized(5_000, 100_000);
const PARSERS = [...SES_EVENTS, ...STREAM, ...TASKS, ...REQUESTS, ...CREDENTIALS, ...TIMES, ...TEXTS];

const totals: Record<ParseResult, number> = { accepted: 0, refused: 0 };
const failures: string[] = [];
let longTexts = 0;
afterAll(() => {
  recordFigures('parsers', {
    seed: String(SEED),
    parsers: PARSERS.length,
    'accepted inputs': totals.accepted,
    'inputs refused in the documented way': totals.refused,
    'parsed texts of 40,000 characters': longTexts,
    'inputs with another result': failures.length,
  });
});

/** The properties that every object, array, string or function inherits. A parser must not add one. */
function prototypeProperties(): readonly PropertyKey[] {
  return [Object, Array, String, Function].flatMap(({ prototype }) => Reflect.ownKeys(prototype as object));
}

async function runParser(parser: Parser, dice: Dice) {
  const results: Record<ParseResult, number> = { accepted: 0, refused: 0 };
  const errors: string[] = [];
  const count = Math.ceil(TRIES * (parser.share ?? 1));
  for (let tried = 0; tried < count; tried += 1) {
    try {
      results[await parser.try(dice)] += 1;
    } catch (error) {
      errors.push(`try ${tried}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return { results, errors, count };
}

describe('valid input is accepted', () => {
  it.each(
    PARSERS.flatMap(({ name, validInputs = [] }) =>
      validInputs.map((read, index) => [name, index, read] as const),
    ),
  )('%s, number %i', async (_name, _index, read) => {
    expect(await read()).toBe('accepted');
  });
});

describe('a parser accepts damaged input or refuses it in the documented way', () => {
  it.each(PARSERS.map((parser, index) => [parser.name, parser, index] as const))(
    '%s',
    async (_name, parser, index) => {
      const before = prototypeProperties();
      const { results, errors, count } = await runParser(parser, new Dice(seededRandom(SEED + index)));
      totals.accepted += results.accepted;
      totals.refused += results.refused;
      failures.push(...errors);
      expect(errors.slice(0, 5)).toEqual([]);
      expect(prototypeProperties()).toEqual(before);
      // Both results must occur, because input that always fails the first check would not test the code behind it.
      expect(results.accepted).toBeGreaterThan(count / 50);
      expect(results.refused).toBeGreaterThan(count / 50);
    },
  );
});

describe('a long text is parsed in linear time', () => {
  // All parsers together take half a second. A parser with quadratic time takes minutes for all texts.
  it.each(LONG_TEXT_READERS)('%s', { timeout: 60_000 }, (_name, read) => {
    const count = readLongTexts(read);
    longTexts += count;
    expect(count).toBeGreaterThan(0);
  });
});
