// Installs what is missing. Plain JavaScript on purpose: it runs before anything is installed, on any Node from 20 on.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');

function packagesOf(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
}

/** Whether node_modules holds what the lockfile asks for; packages of other platforms may be absent. */
export function isInstalled(folder = root) {
  const installedLock = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock) || !existsSync(join(folder, 'node_modules', '.bin', 'node'))) return false;
  const installed = packagesOf(installedLock);
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(
    ([path, wanted]) =>
      path === '' || (installed[path] ? installed[path].version === wanted.version : wanted.optional),
  );
}

/** Brings node_modules to what the lockfile says; returns at once where it is there already. */
export async function install() {
  if (isInstalled()) return;
  console.log('Installing the packages of package-lock.json (npm ci), once…');
  const code = await new Promise((done) => {
    const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    child.on('error', () => done(1));
    child.on('close', (exitCode) => done(exitCode ?? 1));
  });
  if (code !== 0) throw new Error('npm ci failed: its own words are above.');
}
