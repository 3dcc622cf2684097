import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { ensurePython } from '../venv.ts';
import {
  describeLibrary,
  FRACTIONS,
  IDS_AND_KEYS,
  EXTRA_SIGNATURE_PARTS,
  SPACES,
  timestampNames,
  type Library,
} from '../verify/describe-library.ts';
import { runProgram, cargo, isInstalled, type Program } from '../verify/languages.ts';
import type { Vector } from '../verify/vector.ts';

async function inProgram(program: Program, asked: readonly Vector[]): Promise<readonly boolean[]> {
  return (await runProgram(program, asked)).map((said) => said === 'true');
}

const PYTHON: Program = {
  name: 'standardwebhooks for Python',
  program: 'python-library',
  toolchainCheck: ['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'],
  run: ['python3', 'main.py'],
};

const GO: Program = {
  name: 'standard-webhooks for Go',
  program: 'go-library',
  toolchainCheck: ['go', 'mod', 'download'],
  run: ['go', 'run', '.'],
};

const RUST: Program = {
  name: 'standardwebhooks for Rust',
  program: 'rust-library',
  toolchainCheck: cargo('fetch'),
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
  toolchainCheck: [
    'sh',
    '-c',
    `javac -version && mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory='${JARS}'`,
  ],
  build: ['javac', '-encoding', 'UTF-8', 'Main.java', 'VerificationTime.java'],
  run: ['java', '-cp', `.:${JAR}`, 'Main'],
};

const LIBRARIES: readonly Library[] = [
  {
    name: PYTHON.name,
    missing: !isInstalled(PYTHON),
    takes: async (asked) =>
      inProgram({ ...PYTHON, run: [await ensurePython('test/verify'), 'main.py'] }, asked),
    // It decodes signatures with base64.b64decode, which skips characters that are not base64, and times with float().
    lax: [
      ...IDS_AND_KEYS,
      'a signature with a semicolon behind it',
      'a signature with padding doubled',
      'a signature with other unused bits at its end',
      'a signature with a character in the middle that is not base64',
      ...timestampNames(
        'with a plus sign',
        'with a zero before it',
        ...SPACES,
        ...FRACTIONS,
        'with underscores',
      ),
    ],
    // It requires exactly one comma in each signature.
    strict: [
      'the signature, after one with a comma behind it, as joined headers have',
      'the signature, after a word',
      'the signature, after two spaces',
      'the signature, with a space at both ends',
    ],
  },
  {
    name: GO.name,
    missing: !isInstalled(GO),
    takes: (asked) => inProgram(GO, asked),
    // Without the clock check, it accepts a timestamp of any size.
    lax: [
      ...IDS_AND_KEYS,
      ...EXTRA_SIGNATURE_PARTS,
      'no secret, and a signature under no key',
      ...timestampNames('with a plus sign', 'with a zero before it'),
      'a timestamp that is negative, signed so',
      'a timestamp in milliseconds, signed so',
      'a timestamp of zero, signed so',
    ],
    strict: [],
    withoutClock: true,
  },
  {
    name: RUST.name,
    missing: !isInstalled(RUST),
    takes: (asked) => inProgram(RUST, asked),
    lax: [
      ...IDS_AND_KEYS,
      'an empty id, signed so',
      'no secret, and a signature under no key',
      ...timestampNames('with a plus sign', 'with a zero before it'),
    ],
    strict: [],
  },
  {
    name: JAVA.name,
    missing: !isInstalled(JAVA),
    takes: async (asked) => {
      expect(createHash('sha256').update(readFileSync(JAR)).digest('hex')).toBe(JAR_SHA256);
      return inProgram(JAVA, asked);
    },
    lax: [
      ...IDS_AND_KEYS,
      ...EXTRA_SIGNATURE_PARTS,
      'an empty id, signed so',
      ...timestampNames('with a plus sign', 'with a zero before it'),
      'a byte that is no UTF-8 where U+FFFD was signed',
    ],
    strict: [],
  },
  // Nobody has seen their results.
  ...['PHP', 'Ruby'].map((language) => ({
    name: `standard-webhooks for ${language} (not tried: its registry could not be reached)`,
    missing: true,
    takes: async () => [],
    lax: [],
    strict: [],
  })),
];

for (const library of LIBRARIES) describeLibrary(library);
