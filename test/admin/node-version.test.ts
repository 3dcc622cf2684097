import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'node-version-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the program in a Node that reports another version. */
function runAs(version: string) {
  const preload = join(folder, `${version}.cjs`);
  writeFileSync(
    preload,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
  );
  return spawnSync(
    process.execPath,
    ['--require', preload, '--import', import.meta.resolve('tsx'), resolve('bin/cli.ts'), '--version'],
    { encoding: 'utf8' },
  );
}

describe('the Node version', () => {
  it.each(['18.20.8', '14.21.3', '19.9.0', '20.10.0'])(
    '%s is refused in one line, before anything is loaded',
    (version) => {
      const { status, stdout, stderr } = runAs(version);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toBe(`ivymail-events needs Node 20.11 or later, and this is Node ${version}.\n`);
    },
  );

  it.each(['20.11.0', '21.0.0'])('%s is accepted', (version) => {
    expect(runAs(version)).toMatchObject({ status: 0, stderr: '' });
  });

  it('is checked by a file without an import, because an old Node loads imports before it runs the file', () => {
    const source = readFileSync('bin/cli.ts', 'utf8');
    expect(source).not.toMatch(/^import /m);
    expect(source).toContain("await import('./main.ts')");
  });

  it('is that of package.json', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe('>=20.11');
  });
});
