import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where proofs leave what they saw; `npm run soak` makes docs/generated/reliability.md of it. */
export const RECORDS = resolve(import.meta.dirname, '../../.local/proof');

/**
 * What a proof came to, as rows of a table: what was counted, and how many. Recorded before the proof expects anything,
 * so that a failed run shows its figures, too.
 */
export function recordFigures(proof: string, figures: Readonly<Record<string, string | number>>): void {
  mkdirSync(RECORDS, { recursive: true });
  writeFileSync(join(RECORDS, `${proof}.json`), `${JSON.stringify(figures, null, 2)}\n`);
}
