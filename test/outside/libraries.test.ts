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

async function runInProgram(program: Program, vectors: readonly Vector[]): Promise<readonly boolean[]> {
  return (await runProgram(program, vectors)).map((result) => result === 'true');
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
    isMissing: !isInstalled(PYTHON),
    accepts: async (vectors) =>
      runInProgram({ ...PYTHON, run: [await ensurePython('test/verify'), 'main.py'] }, vectors),
    // It decodes signatures with base64.b64decode, which skips characters that are not base64, and times with float().
    acceptsInvalid: [
      ...IDS_AND_KEYS,
      'a signature followed by a semicolon',
      'a signature with doubled padding',
      'a signature with changed unused bits at its end',
      'a signature with a character in the middle that is not base64',
      ...timestampNames(
        'with a plus sign',
        'with a leading zero',
        ...SPACES,
        ...FRACTIONS,
        'with underscores',
      ),
    ],
    // It requires exactly one comma in each signature.
    refusesValid: [
      'a valid signature after a signature followed by a comma, as in joined headers',
      'a valid signature after a word',
      'a valid signature after two spaces',
      'a valid signature with a space before and after it',
    ],
  },
  {
    name: GO.name,
    isMissing: !isInstalled(GO),
    accepts: (vectors) => runInProgram(GO, vectors),
    // Without the clock check, it accepts a timestamp of any size.
    acceptsInvalid: [
      ...IDS_AND_KEYS,
      ...EXTRA_SIGNATURE_PARTS,
      'no secret, and a signature with an empty key',
      ...timestampNames('with a plus sign', 'with a leading zero'),
      'a timestamp that is negative, signed as sent',
      'a timestamp in milliseconds, signed as sent',
      'a timestamp of zero, signed as sent',
    ],
    refusesValid: [],
    usesRealClock: true,
  },
  {
    name: RUST.name,
    isMissing: !isInstalled(RUST),
    accepts: (vectors) => runInProgram(RUST, vectors),
    acceptsInvalid: [
      ...IDS_AND_KEYS,
      'an empty id, signed as sent',
      'no secret, and a signature with an empty key',
      ...timestampNames('with a plus sign', 'with a leading zero'),
    ],
    refusesValid: [],
  },
  {
    name: JAVA.name,
    isMissing: !isInstalled(JAVA),
    accepts: async (vectors) => {
      expect(createHash('sha256').update(readFileSync(JAR)).digest('hex')).toBe(JAR_SHA256);
      return runInProgram(JAVA, vectors);
    },
    acceptsInvalid: [
      ...IDS_AND_KEYS,
      ...EXTRA_SIGNATURE_PARTS,
      'an empty id, signed as sent',
      ...timestampNames('with a plus sign', 'with a leading zero'),
      'a byte that is not UTF-8, signed as U+FFFD',
    ],
    refusesValid: [],
  },
  // These two libraries have never been run here.
  ...['PHP', 'Ruby'].map((language) => ({
    name: `standard-webhooks for ${language} (not run: its registry could not be reached)`,
    isMissing: true,
    accepts: async () => [],
    acceptsInvalid: [],
    refusesValid: [],
  })),
];

for (const library of LIBRARIES) describeLibrary(library);
