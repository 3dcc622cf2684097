import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

function installed(): string | undefined {
  return PLACES.find((place) => place !== '' && existsSync(place));
}

/** Where a Chromium is; installs Debian's where there is none. */
export function findChromium(): string {
  const found = installed();
  if (found !== undefined) return found;
  console.log('Installing Chromium (apt-get install chromium), once…');
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  for (const command of [
    ['apt-get', 'update'],
    ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'],
  ]) {
    const [file = '', ...args] = [...sudo, ...command];
    spawnSync(file, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  const now = installed();
  if (now === undefined)
    throw new Error('The browser tests need Chromium: install it, or say where in CHROMIUM_PATH.');
  return now;
}
