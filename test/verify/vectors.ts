/** Generates docs/verify/vectors.json: `npx tsx test/verify/vectors.ts`. */
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
      'Test vectors for verifiers of Standard Webhooks 1.0 (symmetric, v1). `valid` is whether a receiver with this `secret`, at the time `now`, must accept the `headers` with the bytes of `body_base64`. `body` is the same bytes as text, and is absent if they are not valid UTF-8.',
    tolerance_seconds: 300,
    vectors: [...validVectors, ...invalidVectors],
  };
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(VECTORS_FILE, JSON.stringify(makeVectors()));
  execFileSync('oxfmt', [VECTORS_FILE]);
}
