import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the results of all proofs. `npm run soak` generates docs/generated/reliability.md from them. */
export const RECORDS = resolve(import.meta.dirname, '../../.local/proof');

/**
 * Writes the figures of a proof, which become the rows of a table. Call it before the expectations of the proof, so that a failed
 * run shows its figures, too.
 */
export function recordFigures(proof: string, figures: Readonly<Record<string, string | number>>): void {
  mkdirSync(RECORDS, { recursive: true });
  writeFileSync(join(RECORDS, `${proof}.json`), `${JSON.stringify(figures, null, 2)}\n`);
}
