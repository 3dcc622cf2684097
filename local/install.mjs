// Installs missing packages. Plain JavaScript, because it runs before anything is installed, on any Node from version 20.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');

function readPackages(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
}

/** Whether node_modules contains the packages of the lockfile. Optional packages of other platforms may be missing. */
export function isInstalled(folder = root) {
  const installedLock = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock) || !existsSync(join(folder, 'node_modules', '.bin', 'node'))) return false;
  const installed = readPackages(installedLock);
  return Object.entries(readPackages(join(folder, 'package-lock.json'))).every(
    ([path, locked]) =>
      path === '' || (installed[path] ? installed[path].version === locked.version : locked.optional),
  );
}

/** Installs the packages of the lockfile, unless they are installed. */
export async function install() {
  if (isInstalled()) return;
  console.log('Installing the packages of package-lock.json (npm ci). This happens once…');
  const code = await new Promise((done) => {
    const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    child.on('error', () => done(1));
    child.on('close', (exitCode) => done(exitCode ?? 1));
  });
  if (code !== 0) throw new Error('npm ci failed. Its output is above.');
}
