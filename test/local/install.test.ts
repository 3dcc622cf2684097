import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isInstalled } from '../../local/install.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'install-'));
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  writeFileSync(join(folder, 'node_modules', '.bin', 'node'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeLockfiles(locked: object, installed: object): void {
  const write = (path: string, packages: object): void =>
    writeFileSync(join(folder, path), JSON.stringify({ packages }));
  write('package-lock.json', { '': {}, ...locked });
  write('node_modules/.package-lock.json', installed);
}

const ZOD = { 'node_modules/zod': { version: '4.6.7' } };

describe('the installation is', () => {
  it.each([
    ['needed for a missing package', ZOD, {}, false],
    ['needed for another version', ZOD, { 'node_modules/zod': { version: '4.6.6' } }, false],
    ['not needed if every package is installed', ZOD, ZOD, true],
    [
      'not needed for a package of another platform',
      { ...ZOD, 'node_modules/@esbuild/x': { version: '1.0.0', optional: true } },
      ZOD,
      true,
    ],
  ])('%s', (_name, locked, installed, complete) => {
    writeLockfiles(locked, installed);
    expect(isInstalled(folder)).toBe(complete);
  });

  it('needed if node_modules does not exist', () => {
    expect(isInstalled(join(folder, 'nowhere'))).toBe(false);
  });
});
