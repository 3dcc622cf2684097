/** The verifiers of docs/verify, each with a program around it. */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Vector } from './vector.ts';

type Command = readonly [string, ...string[]];

/** One that reads requests, one a line, and prints a word about each. */
export interface Program {
  readonly name: string;
  /** Its folder in programs/. */
  readonly program: string;
  /** In docs/verify, where it is about a verifier of ours. */
  readonly file?: string;
  /** Where the program expects the verifier; under its own name, unless told. */
  readonly verifierPath?: string;
  /** What must succeed in the folder of the program, or the machine lacks the language. */
  readonly toolchainCheck: Command;
  readonly build?: Command;
  /** The packages of Debian that bring the language. */
  readonly debianPackages?: readonly string[];
  readonly run: Command;
}

export interface Verifier extends Program {
  readonly file: string;
}

/** Kept from run to run, since compiling the crates takes as long as everything else. */
const CARGO_TARGET = resolve('.local/verify-target');
export const cargo = (command: string): Command => ['cargo', command, '--quiet', '--locked'];

export const VERIFIERS: readonly Verifier[] = [
  {
    name: 'Node',
    file: 'verify.mjs',
    program: 'node',
    toolchainCheck: ['node', '--version'],
    run: ['node', 'main.js'],
  },
  {
    name: 'Python',
    file: 'verify.py',
    program: 'python',
    toolchainCheck: ['python3', '--version'],
    run: ['python3', 'main.py'],
  },
  {
    name: 'Go',
    file: 'verify.go',
    program: 'go',
    verifierPath: 'webhook/verify.go',
    toolchainCheck: ['go', 'version'],
    run: ['go', 'run', '.'],
  },
  {
    name: 'Java',
    file: 'verify.java',
    program: 'java',
    verifierPath: 'Webhook.java',
    toolchainCheck: ['javac', '-version'],
    build: ['javac', '-encoding', 'UTF-8', 'Main.java', 'Webhook.java'],
    run: ['java', '-cp', '.', 'Main'],
  },
  {
    name: 'Rust',
    file: 'verify.rs',
    program: 'rust',
    verifierPath: 'src/verify.rs',
    // Its library has neither HMAC nor base64: the crates must be here, or to be had.
    toolchainCheck: cargo('fetch'),
    build: cargo('build'),
    run: cargo('run'),
  },
  {
    name: 'PHP',
    file: 'verify.php',
    program: 'php',
    toolchainCheck: ['php', '--version'],
    run: ['php', 'main.php'],
    debianPackages: ['php-cli'],
  },
  {
    name: 'Ruby',
    file: 'verify.rb',
    program: 'ruby',
    toolchainCheck: ['ruby', '--version'],
    run: ['ruby', 'main.rb'],
    debianPackages: ['ruby'],
  },
  {
    name: 'Bash and openssl',
    file: 'verify.sh',
    program: 'bash',
    toolchainCheck: ['openssl', 'version'],
    run: ['bash', 'main.sh'],
  },
];

/** What a verifier is asked. */
export type VerifierRequest = Pick<Vector, 'secret' | 'now' | 'headers' | 'body_base64'>;

/** Fields in base64 behind a colon, or a hyphen for a header that does not arrive. */
function lineOf({ secret, now, headers, body_base64: body }: VerifierRequest): string {
  const field = (text: string | undefined): string =>
    text === undefined ? '-' : `:${Buffer.from(text).toString('base64')}`;
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
  return [...[secret, String(now), id, timestamp, signature].map(field), `:${body}`].join(' ');
}

const run = promisify(execFile);
const programFolder = (program: string): string => resolve(import.meta.dirname, 'programs', program);
const env = { ...process.env, CARGO_TARGET_DIR: CARGO_TARGET, GOTOOLCHAIN: 'local' };

export function isInstalled({ toolchainCheck: [file, ...args], program }: Program): boolean {
  return spawnSync(file, args, { cwd: programFolder(program), env }).status === 0;
}

/** What a command prints; rejects where it fails, with what it says about it. */
async function outputOf([file, ...args]: Command, cwd: string, input = ''): Promise<string> {
  const running = run(file, args, { cwd, env, maxBuffer: 256 * 1024 * 1024 });
  // One that ends before it has read everything fails by its status, or by what it did not print.
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** One process for all requests; what it prints of each, in their order. */
export async function runProgram(
  language: Program,
  requests: readonly VerifierRequest[],
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'verify-'));
  try {
    cpSync(programFolder(language.program), folder, { recursive: true });
    if (language.file)
      cpSync(resolve('docs/verify', language.file), join(folder, language.verifierPath ?? language.file));
    if (language.build) await outputOf(language.build, folder);
    const said = await outputOf(language.run, folder, `${requests.map(lineOf).join('\n')}\n`);
    const lines = said.split('\n').filter((line) => line !== '');
    if (lines.length !== requests.length)
      throw new Error(`${language.name} said ${lines.length} of ${requests.length}`);
    return lines;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
