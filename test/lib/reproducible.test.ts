import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
mkdirSync('.local', { recursive: true });
// On the file system of the project, so that files can be hard-linked.
const scratch = mkdtempSync(resolve('.local/reproducible-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** What is not a source: packages, builds, and the state of the local run and of the version control. */
const NOT_SOURCES = /^(?:node_modules|dist|cdk\.out|coverage|\.git|\.local.*|\.ivymail|.*\.log|test)$/;

interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}
const HERE: Place = { folder: process.cwd(), env: { TZ: 'UTC', LANG: 'C.UTF-8' } };
let elsewhere: Place;

/** Creates hard links. With symbolic links, esbuild would use the original paths. */
function linkFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) linkFiles(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile()) linkSync(join(from, entry.name), join(to, entry.name));
    // The programs in node_modules/.bin are links.
    else if (entry.isSymbolicLink())
      cpSync(join(from, entry.name), join(to, entry.name), { verbatimSymlinks: true });
  }
}

/** Copies the project to another folder, as on another machine. */
beforeAll(() => {
  const folder = join(scratch, 'another folder', 'project');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync('.'))
    if (!NOT_SOURCES.test(name)) cpSync(name, join(folder, name), { recursive: true });
  linkFiles('node_modules', join(folder, 'node_modules'));
  elsewhere = { folder, env: { TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8', HOME: scratch } };
});

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Runs a synth and returns the hash of every output file: the template, the manifests, and the bundles. */
async function synth({ folder, env }: Place): Promise<Readonly<Record<string, string>>> {
  const out = mkdtempSync(join(scratch, 'out-'));
  await run(resolve('node_modules/.bin/cdk'), ['synth', '--quiet', '--no-notices', '--output', out], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    // This file contains the duration of a slow synth. It is not deployed.
    .filter((entry) => entry.isFile() && entry.name !== 'performance-counters.json');
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const content = readFileSync(path);
      // This file contains source paths of the constructs. It is not uploaded.
      const withoutPaths = name.endsWith('.metadata.json') && content.toString().replaceAll(folder, '');
      return [path.slice(out.length), sha256(withoutPaths || content)];
    }),
  );
}

/** Runs `npm pack`, and returns the hash of the package and the hashes of its built files. */
async function pack({ folder, env }: Place): Promise<Readonly<Record<string, string>>> {
  const out = mkdtempSync(join(scratch, 'pack-'));
  await run('npm', ['pack', '--loglevel=error', '--pack-destination', out], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  const [file = ''] = readdirSync(out);
  await run('tar', ['-xzf', file], { cwd: out });
  const files = readdirSync(join(out, 'package'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    [join(out, file), ...files].map((path) => [path.slice(out.length), sha256(readFileSync(path))]),
  );
}

it('two synths are byte-equal in any time zone, locale and folder', async () => {
  const [original, copy] = await Promise.all([synth(HERE), synth(elsewhere)]);
  expect(Object.keys(original).filter((path) => path.endsWith('index.mjs'))).toHaveLength(7);
  expect(Object.keys(original)).toContain('/IvyMailEvents.template.json');
  expect(copy).toEqual(original);
});

it('two npm packages are byte-equal in any time zone, locale and folder', async () => {
  const [original, copy] = await Promise.all([pack(HERE), pack(elsewhere)]);
  expect(Object.keys(original).filter((path) => path.endsWith('.tgz'))).toHaveLength(1);
  expect(Object.keys(original)).toContain('/package/dist/functions/api/index.mjs');
  expect(copy).toEqual(original);
});
