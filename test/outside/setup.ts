import { installAptPackages } from '../../local/apt.ts';
import { isInstalled, VERIFIERS } from '../verify/languages.ts';

/** The languages that need only one small Debian package. The other toolchains are too large to install for a test. */
const PACKAGES: Readonly<Record<string, string>> = { php: 'php-cli', ruby: 'ruby' };

const missing = () => VERIFIERS.filter((language) => !isInstalled(language));

/** Installs the missing small packages, and prints the languages that the tests skip. */
export function setup(): void {
  const packages = missing().flatMap(({ program }) => PACKAGES[program] ?? []);
  if (packages.length > 0) installAptPackages(packages);
  const skipped = missing().map(({ name }) => name);
  if (skipped.length > 0)
    console.log(`Skipped, because the toolchain is not installed: ${skipped.join(', ')}`);
}
