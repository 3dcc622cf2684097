import { existsSync } from 'node:fs';
import { installAptPackages } from './apt.ts';

const CHROMIUM_PATHS = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

function findInstalled(): string | undefined {
  return CHROMIUM_PATHS.find((path) => path !== '' && existsSync(path));
}

/** Returns the path of Chromium. If none is installed, installs the Debian package. */
export function findChromium(): string {
  const found = findInstalled();
  if (found !== undefined) return found;
  installAptPackages(['chromium']);
  const installed = findInstalled();
  if (installed === undefined)
    throw new Error('The browser tests need Chromium. Install it, or set CHROMIUM_PATH to its path.');
  return installed;
}
