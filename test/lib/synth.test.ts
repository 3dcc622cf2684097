import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const run = promisify(execFile);
mkdirSync('.local', { recursive: true });
// On the file system of the project, so that files can be hard-linked.
const scratch = mkdtempSync(resolve('.local/synth-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** The files that a synth reads. */
const SOURCES = [
  'bin',
  'build',
  'lib',
  'lambdas',
  'dashboard',
  'docs',
  'cdk.json',
  'package.json',
  'tsconfig.json',
];

/** Creates hard links. With symbolic links, esbuild would use the original paths. */
function linkFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) linkFiles(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile()) linkSync(join(from, entry.name), join(to, entry.name));
  }
}

/** Copies the project to another folder, as on another machine. */
function copyProject(): string {
  const folder = join(scratch, 'another folder', 'project');
  mkdirSync(folder, { recursive: true });
  for (const source of SOURCES) cpSync(source, join(folder, source), { recursive: true });
  linkFiles('node_modules', join(folder, 'node_modules'));
  return folder;
}

/** Runs a synth and returns the hash of every output file: the template, the manifests, and the bundles. */
async function synth(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
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
      return [
        path.slice(out.length),
        createHash('sha256')
          .update(withoutPaths || content)
          .digest('hex'),
      ];
    }),
  );
}

it('two synths are byte-equal in any time zone, locale and folder', async () => {
  const [original, copy] = await Promise.all([
    synth(process.cwd(), { TZ: 'UTC', LANG: 'C.UTF-8' }),
    synth(copyProject(), { TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8', HOME: scratch }),
  ]);
  expect(Object.keys(original).filter((path) => path.endsWith('index.mjs'))).toHaveLength(7);
  expect(Object.keys(original)).toContain('/IvyMailEvents.template.json');
  expect(copy).toEqual(original);
});
