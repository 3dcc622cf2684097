/** How much a proof tries: little in `npm test`, much in `npm run soak`. */
export function sized(inTest: number, inSoak: number): number {
  return process.env['SOAK'] === undefined ? inTest : inSoak;
}

/** The same on every run of `npm test`; another one by `SEED=…`, and by `npm run soak`, which prints it. */
export const SEED = Number(process.env['SEED'] ?? 20_261_123);
