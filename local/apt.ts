import { spawnSync } from 'node:child_process';

/** Installs Debian packages that npm and PyPI do not offer. Does nothing on a machine without apt. */
export function installAptPackages(packages: readonly string[]): void {
  console.log(`Installing ${packages.join(' ')} (apt-get install). This happens once…`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  for (const command of [
    ['apt-get', 'update'],
    ['apt-get', 'install', '-y', '--no-install-recommends', ...packages],
  ]) {
    const [file = '', ...args] = [...sudo, ...command];
    spawnSync(file, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
}
