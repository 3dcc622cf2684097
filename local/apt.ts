import { spawnSync } from 'node:child_process';

/** Installs packages of Debian, for what npm and PyPI do not have. A machine without apt is left as it is. */
export function installAptPackages(packages: readonly string[]): void {
  console.log(`Installing ${packages.join(' ')} (apt-get install), once…`);
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
