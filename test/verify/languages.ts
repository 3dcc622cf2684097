/** The verifiers of docs/verify. A small program runs each of them. */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Vector } from './vector.ts';

type Command = readonly [string, ...string[]];

/** A program that reads one request per line and prints one result per request. */
export interface Program {
  readonly name: string;
  /** The folder of the program in programs/. */
  readonly program: string;
  /** The verifier's file in docs/verify. Absent for a program that tests a library. */
  readonly file?: string;
  /** The path at which the program expects the verifier. Without it, the verifier keeps its file name. */
  readonly verifierPath?: string;
  /** A command that fails in the program's folder if the toolchain is not installed. */
  readonly toolchainCheck: Command;
  readonly build?: Command;
  /** The Debian packages that contain the toolchain. */
  readonly debianPackages?: readonly string[];
  readonly run: Command;
}

export interface Verifier extends Program {
  readonly file: string;
}

/** Reused by later runs, because compiling the crates takes as long as all other steps together. */
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
    // Rust's standard library has neither HMAC nor base64, so this downloads the crates unless they are cached.
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

/** The parts of a vector that a verifier needs. */
export type VerifierRequest = Pick<Vector, 'secret' | 'now' | 'headers' | 'body_base64'>;

/** The input line of a request: each field is a colon and base64, or a hyphen for a missing header. */
function lineOf({ secret, now, headers, body_base64: body }: VerifierRequest): string {
  const field = (text: string | undefined): string =>
    text === undefined ? '-' : `:${Buffer.from(text).toString('base64')}`;
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
  return [...[secret, String(now), id, timestamp, signature].map(field), `:${body}`].join(' ');
}

const execFileAsync = promisify(execFile);
const programFolder = (program: string): string => resolve(import.meta.dirname, 'programs', program);
const env = { ...process.env, CARGO_TARGET_DIR: CARGO_TARGET, GOTOOLCHAIN: 'local' };

export function isInstalled({ toolchainCheck: [file, ...args], program }: Program): boolean {
  return spawnSync(file, args, { cwd: programFolder(program), env }).status === 0;
}

/** Runs a command and returns its output. Rejects with its error output if the command fails. */
async function outputOf([file, ...args]: Command, cwd: string, input = ''): Promise<string> {
  const running = execFileAsync(file, args, { cwd, env, maxBuffer: 256 * 1024 * 1024 });
  // A program that ends before it has read all input fails by its exit status, or by the number of results.
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** Runs a program once for all requests. Returns its results in the order of the requests. */
export async function runProgram(
  program: Program,
  requests: readonly VerifierRequest[],
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'verify-'));
  try {
    cpSync(programFolder(program.program), folder, { recursive: true });
    if (program.file)
      cpSync(resolve('docs/verify', program.file), join(folder, program.verifierPath ?? program.file));
    if (program.build) await outputOf(program.build, folder);
    const output = await outputOf(program.run, folder, `${requests.map(lineOf).join('\n')}\n`);
    const results = output.split('\n').filter((line) => line !== '');
    if (results.length !== requests.length)
      throw new Error(`${program.name} printed ${results.length} results for ${requests.length} requests`);
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
