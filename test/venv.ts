import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ensureVenv, type Run } from '../local/python.ts';

const run = promisify(execFile);

/** Returns the Python of a virtual environment with `requirements.txt` of a test folder. `.local` keeps it between runs. */
export async function ensurePython(folder: string): Promise<string> {
  const name = basename(folder);
  mkdirSync('.local', { recursive: true });
  const scratch = mkdtempSync(resolve('.local', `tmp-${name}-`));
  try {
    return await ensureVenv(
      (async (_name, file, args) => (await run(file, [...args])).stdout) satisfies Run,
      {
        requirements: join(folder, 'requirements.txt'),
        folder: resolve(`.local/${name}-venv`),
        draft: join(scratch, 'venv'),
      },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
