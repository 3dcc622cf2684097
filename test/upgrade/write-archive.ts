/**
 * `npm run release-fixture`: writes the archive of the current version into test/fixtures/releases. The upgrade tests of every later
 * commit update a stack of this archive. Fails if the archive exists, because an archive never changes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, zstdCompressSync } from 'node:zlib';
import { releaseFiles, synthesizeCurrent } from './assembly.ts';
import { RELEASES } from './releases.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
const archive = fileURLToPath(new URL(`v${version}.tar.zst`, RELEASES));
if (existsSync(archive)) throw new Error(`${archive} exists. An archive never changes`);

const folder = mkdtempSync(join(tmpdir(), 'ivymail-release-'));
try {
  synthesizeCurrent(folder);
  const names = releaseFiles(folder).map((name) => `./${name}`);
  const tar = execFileSync('tar', ['-cf', '-', '-C', folder, ...names], { maxBuffer: 2 ** 26 });
  const params = { [constants.ZSTD_c_compressionLevel]: 19 };
  writeFileSync(archive, zstdCompressSync(tar, { params }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`Written: ${archive}`);
