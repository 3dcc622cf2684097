import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isProcessAlive } from '../admin/stack-file.ts';

/** Removes the folders of processes that were killed: `run-<pid>-…` and `draft-<pid>-…`. */
export function removeLeftovers(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /^(?:run|draft)-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isProcessAlive(Number(pid)))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** Creates the folder `run-<pid>-…` in the state folder. Removes the folders of runs that were killed. */
export function createRunFolder(state: string): string {
  mkdirSync(state, { recursive: true });
  // Keeps the state of the installed package out of the user's repository. It contains an API key.
  if (!existsSync(join(state, '.gitignore'))) writeFileSync(join(state, '.gitignore'), '*\n');
  removeLeftovers(state);
  const folder = mkdtempSync(join(state, `run-${process.pid}-`));
  mkdirSync(join(folder, 'tmp'));
  // The emulator runs its Lambda workers below this folder. Without this file, Node would read the project's package.json, run
  // the workers as ES modules, and they would fail.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  return folder;
}
