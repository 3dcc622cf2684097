import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this program is: in a clone of the repository, or in an installed npm package. No other module of `bin/` knows the difference. */
export interface Places {
  /** The folder that contains package.json. */
  readonly root: string;
  readonly isPackage: boolean;
  /** The command line of the CDK app, for a shell. */
  readonly app: string;
}

function findRoot(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

function quoted(...words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(' ');
}

export function places(): Places {
  const file = fileURLToPath(import.meta.url);
  const root = findRoot(file);
  const isPackage = !file.endsWith('.ts');
  const app = isPackage
    ? quoted(process.execPath, join(root, 'dist/app.cjs'))
    : quoted(join(root, 'node_modules/.bin/tsx'), join(root, 'bin/ivymail-events.ts'));
  return { root, isPackage, app };
}
