/** Every reader of what others wrote, with real input that something is wrong with. */
import { afterAll, describe, expect, it } from 'vitest';
import { MAIL } from './parsers/mail.ts';
import type { Verdict } from './parsers/parser.ts';
import { REQUESTS } from './parsers/requests.ts';
import { STREAM } from './parsers/stream.ts';
import { TEXTS } from './parsers/texts.ts';
import { recordFigures } from './record.ts';
import { SEED, sized } from './size.ts';
import { Dice, seededRandom } from './world/random.ts';

const TRIES = sized(5_000, 200_000);
const PARSERS = [...MAIL, ...STREAM, ...REQUESTS, ...TEXTS];

const told: Record<Verdict, number> = { taken: 0, refused: 0 };
const broken: string[] = [];
afterAll(() => {
  recordFigures('parsers', {
    seed: String(SEED),
    parsers: PARSERS.length,
    'inputs that were taken': told.taken,
    'inputs that were refused, in the way that is promised': told.refused,
    'promises broken': broken.length,
  });
});

describe('whatever comes, a parser takes it or refuses it in the way it promises', () => {
  it.each(PARSERS.map((parser, index) => [parser.name, parser, index] as const))(
    '%s',
    async (_name, parser, index) => {
      const dice = new Dice(seededRandom(SEED + index));
      const verdicts: Record<Verdict, number> = { taken: 0, refused: 0 };
      const found: string[] = [];
      const tries = Math.ceil(TRIES * (parser.share ?? 1));
      for (let tried = 0; tried < tries; tried += 1) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- the dice fall in one order
          verdicts[await parser.try(dice)] += 1;
        } catch (error) {
          found.push(`try ${tried}: ${error instanceof Error ? error.stack : String(error)}`);
        }
      }
      told.taken += verdicts.taken;
      told.refused += verdicts.refused;
      broken.push(...found);
      expect(found.slice(0, 5)).toEqual([]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      // Noise alone would show nothing of what lies behind the first check.
      expect(verdicts.taken).toBeGreaterThan(tries / 50);
      expect(verdicts.refused).toBeGreaterThan(tries / 50);
    },
  );
});
