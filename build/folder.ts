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

/** Writes a file unless it did not change. It is replaced in one step, so another process never reads half of it. */
export function writeFile(file: string, contents: Uint8Array): void {
  if (isUnchanged(file, contents)) return;
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, contents);
  renameSync(draft, file);
}

/** Makes the folder contain exactly these files. */
export function writeFolder(folder: string, files: FolderContents): void {
  for (const [path, contents] of files) writeFile(join(folder, path), contents);
  for (const path of listFiles(folder))
    if (!files.has(path) && !path.endsWith('.tmp')) rmSync(join(folder, path), { force: true });
}
