/** Makes docs/verify/vectors.json: `npx tsx test/verify/vectors.ts`. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { invalidVectors } from './invalid-cases.ts';
import { validVectors } from './valid-cases.ts';
import type { Vector } from './vector.ts';

export const VECTORS_FILE = 'docs/verify/vectors.json';

export interface VectorFile {
  readonly about: string;
  readonly tolerance_seconds: number;
  readonly vectors: readonly Vector[];
}

export function makeVectors(): VectorFile {
  return {
    about:
      'Requests signed as Standard Webhooks 1.0 has it (symmetric, v1), and whether a receiver takes them: one that has this secret, at this time, and gets these headers and the bytes of body_base64. Where body is given, it is the same as text.',
    tolerance_seconds: 300,
    vectors: [...validVectors, ...invalidVectors],
  };
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(VECTORS_FILE, JSON.stringify(makeVectors()));
  execFileSync('oxfmt', [VECTORS_FILE]);
}
