/** Packages that only outside tests need, so the main installation does not have them. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const CLIENTS = resolve(import.meta.dirname, 'clients');
const FILES = ['package.json', 'package-lock.json'];

/**
 * Installs exactly the packages of the lock file in `source` into a folder in `.local`, which is reused by later runs. Returns the
 * folder. Install scripts of the packages do not run.
 */
export async function installPackages(source: string, name: string): Promise<string> {
  const folder = resolve('.local', name);
  const marker = join(folder, 'installed.sha256');
  const hash = createHash('sha256');
  for (const file of FILES) hash.update(readFileSync(join(source, file)));
  const expectedHash = hash.digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === expectedHash) return folder;

  // Installs into a draft folder first, so that an interrupted installation never looks complete.
  mkdirSync('.local', { recursive: true });
  const draft = mkdtempSync(resolve('.local', `tmp-${name}-`));
  try {
    for (const file of FILES) copyFileSync(join(source, file), join(draft, file));
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: draft,
      shell: process.platform === 'win32',
    });
    writeFileSync(join(draft, 'installed.sha256'), expectedHash);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    return folder;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Puts the packed npm package into the node_modules of a folder of installed packages, in place of an earlier one. */
export async function installTarball(tarball: string, folder: string): Promise<void> {
  const target = join(folder, 'node_modules/ivymail-events');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
}

export function installedClients(): Promise<string> {
  return installPackages(CLIENTS, 'clients-node');
}

/** Runs a command of one of the packages. Rejects if it fails, with its output. */
export async function runInstalled(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const file = join(await installedClients(), 'node_modules', '.bin', command);
  const { stdout } = await run(process.execPath, [file, ...args], {
    ...options,
    // Turns off the telemetry and update checks of the programs.
    env: {
      ...process.env,
      ...options.env,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
      NO_COLOR: '1',
    },
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: unknown) => {
    const { stdout: output = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} failed: ${output}${stderr}`, { cause: error });
  });
  return stdout;
}
