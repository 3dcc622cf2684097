import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Runs a program to its end; rejects where it fails. */
export type Run = (name: string, file: string, args: readonly string[]) => Promise<string>;

export interface Venv {
  /** Every file pinned by hash. */
  readonly requirements: string;
  /** Made once, and again when the requirements change. */
  readonly folder: string;
  /** Where it is made before it is moved into place whole. */
  readonly draft: string;
}

const PYTHON_PROBE = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 3)';

/**
 * A private virtual environment that holds exactly its requirements; gives its Python. Its other programs name the place
 * it was made at, and do not run: `python -m` does.
 */
export async function ensureVenv(run: Run, { requirements, folder, draft }: Venv): Promise<string> {
  const python = join(folder, 'bin', 'python');
  const marker = join(folder, 'requirements.sha256');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(python) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return python;

  // Aside first: a run that is broken off, or one beside it, leaves no half of it.
  await run('python -m venv', await findPython(run), ['-m', 'venv', draft]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  await run('pip install', join(draft, 'bin', 'python'), [
    ...pip,
    '--require-hashes',
    '--requirement',
    requirements,
  ]);
  writeFileSync(join(draft, 'requirements.sha256'), wanted);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(draft, folder);
  return python;
}

async function findPython(run: Run): Promise<string> {
  for (const file of ['python3', 'python']) {
    try {
      await run(file, file, ['-c', PYTHON_PROBE]);
      return file;
    } catch {
      // Absent, too old, or without venv: the message below says all three.
    }
  }
  throw new Error('Python 3.10 or later with venv is needed (on Debian: python3-venv).');
}
