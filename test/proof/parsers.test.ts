/** Every reader of what others wrote, with real input that something is wrong with. */
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

const told: Record<ParseResult, number> = { taken: 0, refused: 0 };
const broken: string[] = [];
let long = 0;
afterAll(() => {
  recordFigures('parsers', {
    seed: String(SEED),
    parsers: PARSERS.length,
    'inputs that were taken': told.taken,
    'inputs that were refused, in the way that is promised': told.refused,
    'texts of 40,000 characters, read to their end': long,
    'promises broken': broken.length,
  });
});

/** Names that every object, list, text or function has. */
function inherited(): readonly PropertyKey[] {
  return [Object, Array, String, Function].flatMap(({ prototype }) => Reflect.ownKeys(prototype as object));
}

async function tries(parser: Parser, dice: Dice) {
  const verdicts: Record<ParseResult, number> = { taken: 0, refused: 0 };
  const found: string[] = [];
  const count = Math.ceil(TRIES * (parser.share ?? 1));
  for (let tried = 0; tried < count; tried += 1) {
    try {
      verdicts[await parser.try(dice)] += 1;
    } catch (error) {
      found.push(`try ${tried}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return { verdicts, found, count };
}

describe('what is as it should be is taken', () => {
  it.each(
    PARSERS.flatMap(({ name, validInputs = [] }) =>
      validInputs.map((read, index) => [name, index, read] as const),
    ),
  )('%s, number %i', async (_name, _index, read) => {
    expect(await read()).toBe('taken');
  });
});

describe('whatever comes, a parser takes it or refuses it in the way it promises', () => {
  it.each(PARSERS.map((parser, index) => [parser.name, parser, index] as const))(
    '%s',
    async (_name, parser, index) => {
      const before = inherited();
      const { verdicts, found, count } = await tries(parser, new Dice(seededRandom(SEED + index)));
      told.taken += verdicts.taken;
      told.refused += verdicts.refused;
      broken.push(...found);
      expect(found.slice(0, 5)).toEqual([]);
      expect(inherited()).toEqual(before);
      // Noise alone would show nothing of what lies behind the first check.
      expect(verdicts.taken).toBeGreaterThan(count / 50);
      expect(verdicts.refused).toBeGreaterThan(count / 50);
    },
  );
});

describe('however long a text is, it is read once', () => {
  // All readers together take half a second. A reader that starts over at each character takes minutes for all texts.
  it.each(LONG_TEXT_READERS)('%s', { timeout: 60_000 }, (_name, read) => {
    const count = readLongTexts(read);
    long += count;
    expect(count).toBeGreaterThan(0);
  });
});
