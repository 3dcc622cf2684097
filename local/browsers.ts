import { existsSync } from 'node:fs';
import { installAptPackages } from './apt.ts';

/** A browser that the tests drive: its name for people, the paths where it can be installed, and its Debian package. */
interface BrowserProgram {
  readonly name: string;
  /** The environment variable that overrides the path. */
  readonly variable: string;
  readonly paths: readonly string[];
  readonly debianPackage: string;
}

const CHROMIUM: BrowserProgram = {
  name: 'Chromium',
  variable: 'CHROMIUM_PATH',
  paths: [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
  debianPackage: 'chromium',
};

const FIREFOX: BrowserProgram = {
  name: 'Firefox',
  variable: 'FIREFOX_PATH',
  paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'],
  debianPackage: 'firefox-esr',
};

/** Returns the path of the browser. If none is installed, installs the Debian package. */
function findBrowser({ name, variable, paths, debianPackage }: BrowserProgram): string {
  const findInstalled = (): string | undefined =>
    [process.env[variable] ?? '', ...paths].find((path) => path !== '' && existsSync(path));
  const found = findInstalled();
  if (found !== undefined) return found;
  installAptPackages([debianPackage]);
  const installed = findInstalled();
  if (installed === undefined)
    throw new Error(`The browser tests need ${name}. Install it, or set ${variable} to its path.`);
  return installed;
}

export function findChromium(): string {
  return findBrowser(CHROMIUM);
}

export function findFirefox(): string {
  return findBrowser(FIREFOX);
}
