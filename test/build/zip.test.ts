import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assetKey, zipFolder, zipFunctions } from '../../build/zip.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zip-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes files in the order of the arguments. */
function writeFiles(...files: readonly (readonly [string, string])[]): string {
  const target = mkdtempSync(join(folder, 'files-'));
  for (const [path, text] of files) {
    mkdirSync(join(target, path, '..'), { recursive: true });
    writeFileSync(join(target, path), text);
  }
  return target;
}

const INDEX = ['index.mjs', 'export const handler = () => 1;'] as const;
const PAGE = ['site/index.html', '<p>ü</p>'] as const;

describe('the zip file of a function', () => {
  it('contains every file, readable for everyone', () => {
    const zip = zipFolder(writeFiles(INDEX, PAGE));
    const files = Object.entries(unzipSync(zip)).map(([path, content]) => [
      path,
      Buffer.from(content).toString(),
    ]);
    expect(files).toEqual([INDEX, PAGE]);
    const central = Buffer.from(zip).indexOf('PK\u0001\u0002');
    expect(Buffer.from(zip).readUInt32LE(central + 38) >>> 16).toBe(0o100_644);
  });

  it('has the same bytes for the same files, whatever their age and order', () => {
    const old = writeFiles(PAGE, INDEX);
    utimesSync(join(old, INDEX[0]), 1, 1);
    expect(zipFolder(old)).toEqual(zipFolder(writeFiles(INDEX, PAGE)));
  });

  it('has another key if a file differs', () => {
    const changed = zipFolder(writeFiles([INDEX[0], `${INDEX[1]} `]));
    expect(assetKey(changed)).toMatch(/^[0-9a-f]{64}\.zip$/);
    expect(assetKey(changed)).not.toBe(assetKey(zipFolder(writeFiles(INDEX))));
  });

  it('is made for every function of a folder', () => {
    const functions = writeFiles(['api/index.mjs', 'a'], ['ingest/index.mjs', 'b']);
    expect([...zipFunctions(functions).keys()]).toEqual(
      ['api', 'ingest'].map((name) => assetKey(zipFolder(join(functions, name)))),
    );
  });
});
