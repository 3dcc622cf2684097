import { existsSync } from 'node:fs';
import { installAptPackages } from './apt.ts';

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

/** The path of a Chromium. Installs Debian's where there is none. */
export function findChromium(): string {
  const found = installed();
  if (found !== undefined) return found;
  installAptPackages(['chromium']);
  const now = installed();
  if (now === undefined)
    throw new Error('The browser tests need Chromium: install it, or say where in CHROMIUM_PATH.');
  return now;
}
