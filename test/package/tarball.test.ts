import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployedBundles, lockedAt, nameOf, toolBundles } from '../../pages/supply-chain/packages.ts';

const scratch = mkdtempSync(join(tmpdir(), 'ivymail-tarball-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Paths of the files in the package. */
let paths: readonly string[];
let packedBytes: number;
const root = join(scratch, 'package');

beforeAll(() => {
  execFileSync('npm', ['pack', '--loglevel=error', '--pack-destination', scratch]);
  const [file = ''] = readdirSync(scratch);
  packedBytes = statSync(join(scratch, file)).size;
  execFileSync('tar', ['-xzf', file], { cwd: scratch });
  paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Every path in the fields of package.json that lead to a file. */
function entryPaths(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Object.values(value as object).flatMap(entryPaths);
}

describe('the npm package', () => {
  it('has fewer than 200 files, 40 of them pages of /docs, and at most 2 MB, packed', () => {
    expect(paths.length).toBeLessThan(200);
    expect(paths.filter((path) => /\/site\/docs\/.*\.html$/.test(path)).length).toBeLessThanOrEqual(40);
    expect(packedBytes).toBeLessThanOrEqual(2_000_000);
  });

  it('contains only what a user needs: no source, no test, no source map', () => {
    const tops = new Set(paths.map((path) => path.split('/')[0]));
    expect(tops).toEqual(new Set(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json']));
    expect(paths.filter((path) => /\.map$|\.test\.|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it('has every file to which package.json leads', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;
    const { exports, bin, main, types, typesVersions } = manifest;
    const leads = entryPaths({ exports, bin, main, types, typesVersions });
    expect(leads.length).toBeGreaterThan(8);
    expect(leads.filter((path) => !paths.includes(path.replace(/^\.\//, '')))).toEqual([]);
  });

  it('has a command that a shell starts with Node', () => {
    const { bin } = JSON.parse(read('package.json')) as { readonly bin: Readonly<Record<string, string>> };
    expect(Object.keys(bin)).toEqual(['ivymail-events']);
    for (const path of Object.values(bin)) expect(read(path)).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('can be published, and installs no other package', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;
    expect(manifest['private']).toBeUndefined();
    expect(manifest['dependencies']).toBeUndefined();
    expect(manifest['optionalDependencies']).toBeUndefined();
    const scripts = Object.keys(manifest['scripts'] as object);
    // npm runs these on the machine of a user.
    expect(scripts.filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });

  it('contains no path of the machine that made it', () => {
    const containing = paths.filter((path) => read(path).includes(process.cwd()));
    expect(containing).toEqual([]);
  });

  it('names each bundled package with its version in the license notices', () => {
    const notices = read('dist/THIRD-PARTY-NOTICES.txt');
    const bundled = new Set(
      [...deployedBundles().values(), ...toolBundles().values()].flatMap((each) => [...each]),
    );
    expect(bundled.size).toBeGreaterThan(30);
    const missing = [...bundled]
      .map((path) => `${nameOf(path)} ${lockedAt(path).version} (${lockedAt(path).license})`)
      .filter((heading) => !notices.includes(heading));
    expect(missing).toEqual([]);
  });
});
