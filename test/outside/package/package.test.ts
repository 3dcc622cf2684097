/** publint and Are The Types Wrong find nothing in the packed package: every entry point resolves for every kind of importer. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPackages } from '../installed.ts';

const run = promisify(execFile);

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
}

let scratch: string;
let tools: string;
let tarball: string;
/** The same package, in which the types of the construct are missing and a `require` gets an ES module. */
let broken: string;

async function packBroken(): Promise<string> {
  await run('tar', ['-xzf', tarball, '-C', scratch]);
  const file = join(scratch, 'package', 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const exports = {
    ...manifest.exports,
    '.': { types: './dist/types/missing.d.cts', default: './dist/index.cjs' },
    './webhook': { require: './dist/webhook.mjs' },
  };
  writeFileSync(file, JSON.stringify({ ...manifest, exports }));
  const packed = join(scratch, 'broken.tgz');
  await run('tar', ['-czf', packed, '-C', scratch, 'package']);
  return packed;
}

beforeAll(async () => {
  tools = await installPackages(import.meta.dirname, 'package-lint');
  scratch = mkdtempSync(join(tmpdir(), 'ivymail-package-'));
  const folder = join(scratch, 'packed');
  mkdirSync(folder);
  await run('npm', ['pack', '--loglevel=error', '--pack-destination', folder]);
  tarball = join(folder, readdirSync(folder)[0] ?? '');
  broken = await packBroken();
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a program of `package.json` and returns what it prints, also if it finds a problem. */
async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const file = join(tools, 'node_modules', '.bin', program);
  const env = { ...process.env, NO_COLOR: '1' };
  return run(process.execPath, [file, ...args], { env, maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { readonly stdout: string }).stdout,
  );
}

describe('publint', () => {
  const publint = (file: string): Promise<string> => outputOf('publint', ['run', '--strict', file]);

  it('has no error, no warning and no suggestion', async () => {
    expect((await publint(tarball)).trim().split('\n').at(-1)).toBe('All good!');
  });

  it('finds a missing file in the entry points', async () => {
    expect(await publint(broken)).toContain('./dist/types/missing.d.cts');
  });
});

describe('Are The Types Wrong', () => {
  interface Result {
    readonly problems: Readonly<Record<string, readonly unknown[]>>;
    readonly analysis: { readonly entrypoints: Readonly<Record<string, unknown>> };
  }
  const check = async (file: string): Promise<Result> =>
    JSON.parse(await outputOf('attw', [file, '--format', 'json'])) as Result;

  it('has no problem with any entry point, in Node with both module systems and in bundlers', async () => {
    const { problems, analysis } = await check(tarball);
    expect(Object.keys(analysis.entrypoints)).toEqual(['.', './webhook', './package.json']);
    expect(problems).toEqual({});
  });

  it('finds missing types', async () => {
    expect(Object.values((await check(broken)).problems).flat().length).toBeGreaterThan(0);
  });
});
