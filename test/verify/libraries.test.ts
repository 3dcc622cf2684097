import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pythonOf } from '../venv.ts';
import { ask, cargo, isHere, type Program } from './languages.ts';
import type { Vector } from './vector.ts';
import { makeVectors } from './vectors.ts';

const { vectors } = makeVectors();

interface Library {
  readonly name: string;
  readonly missing?: boolean;
  /** Whether it takes them, in their order. */
  readonly takes: (asked: readonly Vector[]) => Promise<readonly boolean[]>;
  /** Invalid for us, valid for it. */
  readonly lax: readonly string[];
  /** Valid for us, invalid for it. */
  readonly strict: readonly string[];
  /** It has none but the real one, and is not asked about what is only too old or too new. */
  readonly withoutClock?: boolean;
}

afterEach(() => vi.useRealTimers());

function inProcess(verify: (vector: Vector, body: Buffer) => unknown): Library['takes'] {
  return async (asked) =>
    asked.map((vector) => {
      vi.useFakeTimers({ now: vector.now * 1000, toFake: ['Date'] });
      try {
        verify(vector, Buffer.from(vector.body_base64, 'base64'));
        return true;
      } catch {
        return false;
      }
    });
}

async function inProgram(program: Program, asked: readonly Vector[]): Promise<readonly boolean[]> {
  return (await ask(program, asked)).map((said) => said === 'true');
}

const PYTHON: Program = {
  name: 'standardwebhooks for Python',
  program: 'python-library',
  needs: ['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'],
  run: ['python3', 'main.py'],
};

const GO: Program = {
  name: 'standard-webhooks for Go',
  program: 'go-library',
  needs: ['go', 'mod', 'download'],
  run: ['go', 'run', '.'],
};

const RUST: Program = {
  name: 'standardwebhooks for Rust',
  program: 'rust-library',
  needs: cargo('fetch'),
  build: cargo('build'),
  run: cargo('run'),
};

const JARS = resolve('.local/verify-jars');
const JAR = join(JARS, 'standardwebhooks-1.1.1.jar');
/** Maven has no lock file. */
const JAR_SHA256 = '2e01953310c752c816c4b96aafc05baeb5d0c9bdefda56c7060cba8976251f30';
const JAVA: Program = {
  name: 'standardwebhooks for Java',
  program: 'java-library',
  needs: [
    'sh',
    '-c',
    `javac -version && mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory='${JARS}'`,
  ],
  build: ['javac', '-encoding', 'UTF-8', 'Main.java', 'VerificationTime.java'],
  run: ['java', '-cp', `.:${JAR}`, 'Main'],
};

/** What all of them take: a key that is short, and whatever stands for an id. */
const IDS_AND_KEYS = [
  'a secret of 8 bytes, and a signature under it',
  'the id with a space behind it, signed so',
  'the id with a dot, signed so',
  'the signed bytes cut elsewhere, so that a time in the body becomes the timestamp',
];
/** Of `v1,a,b` the second part. */
const MORE_PARTS = [
  'a signature with a third part',
  'a signature with a comma behind it',
  'a signature with another joined to it by a comma',
];
/** A number is read out of the header, and the number is what is signed. */
const timestamps = (...readAsNow: readonly string[]): readonly string[] =>
  readAsNow.map((what) => `a timestamp ${what}, signed without`);
const SPACES = ['with a space before it', 'with a space behind it', 'with a tab before it'];
const FRACTIONS = ['with .0 behind it', 'with .9 behind it', 'with e0 behind it'];

const JAVASCRIPT_TAKES = [
  ...IDS_AND_KEYS,
  ...MORE_PARTS,
  ...timestamps('with a plus sign', 'with a zero before it', ...SPACES, ...FRACTIONS),
  ...timestamps('with letters behind it', 'with an L behind it', 'with a comma and more behind it'),
  'a byte that is no UTF-8 where U+FFFD was signed',
];

const LIBRARIES: readonly Library[] = [
  {
    name: 'standardwebhooks for JavaScript',
    takes: inProcess((vector, body) =>
      new Webhook(vector.secret).verify(body, { ...vector.headers }, { jsonParse: false }),
    ),
    lax: JAVASCRIPT_TAKES,
    strict: [],
  },
  {
    name: 'svix for JavaScript',
    takes: inProcess((vector, body) => new SvixWebhook(vector.secret).verify(body, { ...vector.headers })),
    lax: JAVASCRIPT_TAKES,
    strict: [],
  },
  {
    name: PYTHON.name,
    missing: !isHere(PYTHON),
    takes: async (asked) =>
      inProgram({ ...PYTHON, run: [await pythonOf(import.meta.dirname), 'main.py'] }, asked),
    // It decodes signatures as base64.b64decode does, which skips what is not base64, and times as float() does.
    lax: [
      ...IDS_AND_KEYS,
      'a signature with a semicolon behind it',
      'a signature with padding doubled',
      'a signature with other unused bits at its end',
      'a signature with a character in the middle that is not base64',
      ...timestamps('with a plus sign', 'with a zero before it', ...SPACES, ...FRACTIONS, 'with underscores'),
    ],
    // It wants exactly one comma in each signature.
    strict: [
      'the signature, after one with a comma behind it, as joined headers have',
      'the signature, after a word',
      'the signature, after two spaces',
      'the signature, with a space at both ends',
    ],
  },
  {
    name: GO.name,
    missing: !isHere(GO),
    takes: (asked) => inProgram(GO, asked),
    // A time of any size is one for it as long as its clock is not asked.
    lax: [
      ...IDS_AND_KEYS,
      ...MORE_PARTS,
      'no secret, and a signature under no key',
      ...timestamps('with a plus sign', 'with a zero before it'),
      'a timestamp that is negative, signed so',
      'a timestamp in milliseconds, signed so',
      'a timestamp of zero, signed so',
    ],
    strict: [],
    withoutClock: true,
  },
  {
    name: RUST.name,
    missing: !isHere(RUST),
    takes: (asked) => inProgram(RUST, asked),
    lax: [
      ...IDS_AND_KEYS,
      'an empty id, signed so',
      'no secret, and a signature under no key',
      ...timestamps('with a plus sign', 'with a zero before it'),
    ],
    strict: [],
  },
  {
    name: JAVA.name,
    missing: !isHere(JAVA),
    takes: async (asked) => {
      expect(createHash('sha256').update(readFileSync(JAR)).digest('hex')).toBe(JAR_SHA256);
      return inProgram(JAVA, asked);
    },
    lax: [
      ...IDS_AND_KEYS,
      ...MORE_PARTS,
      'an empty id, signed so',
      ...timestamps('with a plus sign', 'with a zero before it'),
      'a byte that is no UTF-8 where U+FFFD was signed',
    ],
    strict: [],
  },
  // Nobody has seen what they say.
  ...['PHP', 'Ruby'].map((language) => ({
    name: `standard-webhooks for ${language} (not tried: its registry could not be reached)`,
    missing: true,
    takes: async () => [],
    lax: [],
    strict: [],
  })),
];

const namesOf = (some: readonly Vector[]) => new Set(some.map(({ name }) => name));

describe.each(LIBRARIES)('$name', ({ missing = false, takes, lax, strict, withoutClock = false }) => {
  it.skipIf(missing)(
    'takes what is valid, but for what no sender of ours sends',
    async () => {
      const valid = vectors.filter((each) => each.valid);
      const taken = await takes(valid);
      expect(namesOf(valid.filter((_, index) => !taken[index]))).toEqual(new Set(strict));
    },
    300_000,
  );

  it.skipIf(missing)(
    'refuses what is invalid, but for what it reads with less care',
    async () => {
      const invalid = vectors.filter(
        (each) => !each.valid && !(withoutClock && /too_(old|new)/.test(each.reason ?? '')),
      );
      const taken = await takes(invalid);
      expect(namesOf(invalid.filter((_, index) => taken[index]))).toEqual(new Set(lax));
    },
    300_000,
  );
});
