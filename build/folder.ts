import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** The files of a folder: contents by path. A path is relative to the folder and uses slashes. */
export type FolderContents = ReadonlyMap<string, Uint8Array>;

/** The paths of all files below a folder, sorted. Empty if the folder does not exist. */
function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}

export function readFolder(folder: string): FolderContents {
  return new Map(listFiles(folder).map((path) => [path, readFileSync(join(folder, path))]));
}

function isUnchanged(file: string, contents: Uint8Array): boolean {
  return existsSync(file) && Buffer.from(contents).equals(readFileSync(file));
}

/**
 * Makes the folder contain exactly these files. A file that did not change is not written. A changed file is
 * replaced in one step, so another process never reads half of it.
 */
export function writeFolder(folder: string, files: FolderContents): void {
  for (const [path, contents] of files) {
    const file = join(folder, path);
    if (isUnchanged(file, contents)) continue;
    mkdirSync(dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}.tmp`;
    writeFileSync(draft, contents);
    renameSync(draft, file);
  }
  for (const path of listFiles(folder))
    if (!files.has(path) && !path.endsWith('.tmp')) rmSync(join(folder, path), { force: true });
}
