import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of this file: build/ in a clone. In the package, a bundle in dist/cli/ contains this file. */
const HERE = import.meta.dirname;

/** Whether this code runs from the sources of a clone, and not from the installed package. */
export const IS_CLONE = existsSync(join(HERE, 'dist.ts'));

/** The folder dist/, with the built functions and templates. */
export const DIST = IS_CLONE ? resolve(HERE, '../dist') : resolve(HERE, '..');
