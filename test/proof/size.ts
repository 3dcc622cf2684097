/** The number of tries of a proof: `inTest` in `npm test`, `inSoak` in `npm run soak`. */
export function sized(inTest: number, inSoak: number): number {
  return process.env['SOAK'] === undefined ? inTest : inSoak;
}

/** The seed of all random values. `npm test` always uses the same seed. `SEED=…` sets another one, and `npm run soak` uses a new one. */
export const SEED = Number(process.env['SEED'] ?? 20_261_123);
