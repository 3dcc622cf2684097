import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync, type Zippable } from 'fflate';
import { readFolder } from './folder.ts';

/** Every entry has this time, because a zip file stores one. No time zone moves it before 1980, where the format begins. */
const MODIFIED = new Date(1981, 0, 1);
/** The number of Unix in a zip file. Only an entry from Unix has permissions. */
const UNIX = 3;
/** A regular file that everyone may read. Lambda runs the code as another user than the one that unpacks it. */
const READABLE_FILE = (0o100_644 << 16) >>> 0;

/** Returns a zip file of a folder. The same files give the same bytes on every machine. */
export function zipFolder(folder: string): Uint8Array {
  const entries = [...readFolder(folder)].map(([path, contents]): [string, Zippable[string]] => [
    path,
    [contents, { os: UNIX, attrs: READABLE_FILE }],
  ]);
  return zipSync(Object.fromEntries(entries), { mtime: MODIFIED });
}

/** Returns the object key of a zip file: the hash of its bytes. So a bucket can contain the assets of several versions. */
export function assetKey(zip: Uint8Array): string {
  return `${createHash('sha256').update(zip).digest('hex')}.zip`;
}

/** Returns the zip file of every built function below `folder`, by object key. */
export function zipFunctions(folder: string): ReadonlyMap<string, Uint8Array> {
  return new Map(
    readdirSync(folder).map((name) => {
      const zip = zipFolder(join(folder, name));
      return [assetKey(zip), zip];
    }),
  );
}
