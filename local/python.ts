import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Runs a program and returns its stdout. Rejects if the program fails. */
export type Run = (name: string, file: string, args: readonly string[]) => Promise<string>;

export interface Venv {
  /** A requirements file that pins every package file by hash. */
  readonly requirements: string;
  /** The folder of the environment. It is created once, and again when the requirements change. */
  readonly folder: string;
  /** The folder in which the environment is created before it is moved to `folder`. */
  readonly draft: string;
}

const PYTHON_PROBE = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 3)';

/**
 * Creates a private virtual environment with exactly its requirements, unless it exists. Returns the path of its Python.
 * Use `python -m` for its other programs: they contain the path of the draft folder, so they do not run directly.
 */
export async function ensureVenv(run: Run, { requirements, folder, draft }: Venv): Promise<string> {
  const python = join(folder, 'bin', 'python');
  const marker = join(folder, 'requirements.sha256');
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(python) && existsSync(marker) && readFileSync(marker, 'utf8') === hash) return python;

  // The draft folder keeps an interrupted or concurrent run from leaving an incomplete environment.
  await run('python -m venv', await findPython(run), ['-m', 'venv', draft]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  await run('pip install', join(draft, 'bin', 'python'), [
    ...pip,
    '--require-hashes',
    '--requirement',
    requirements,
  ]);
  writeFileSync(join(draft, 'requirements.sha256'), hash);
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
      // Python is missing, too old, or has no venv. The error below covers all three cases.
    }
  }
  throw new Error('Python 3.10 or later with venv is required (on Debian: python3-venv).');
}
