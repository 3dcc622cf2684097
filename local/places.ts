import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DIST, IS_CLONE } from '../build/dist.ts';
import { VERSION } from '../lambdas/core/version.ts';

export interface Commands {
  /** The local run. */
  readonly start: string;
  /** Every other command. */
  readonly admin: string;
}

/** Where the local run finds its files, and where it keeps its state. */
export interface Places {
  /** How the user starts the commands of this installation. Messages contain them. */
  readonly commands: Commands;
  /** Contains inbox.html, emulator.py and the requirements files. */
  readonly files: string;
  /** Contains the built functions and templates. */
  readonly dist: string;
  /** Contains stack.json and a folder for each run. */
  readonly state: string;
  /** Contains the Python environments, which outlive the runs. */
  readonly cache: string;
  /** The folder of the clone, in which `dist` is built before each run. Absent in the installed package. */
  readonly clone?: string;
}

/** Returns the places of this installation: the clone or the installed package. */
export function findPlaces(): Places {
  return IS_CLONE ? clonePlaces(resolve(DIST, '..')) : packagePlaces();
}

function clonePlaces(root: string): Places {
  const state = join(root, '.local');
  return {
    commands: { start: 'npm start --', admin: 'npm run admin --' },
    files: join(root, 'local'),
    dist: DIST,
    state,
    cache: state,
    clone: root,
  };
}

/** A second project uses the same Python environments, so it does not download them again. */
function packagePlaces(): Places {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return {
    commands: { start: 'npx ivymail-events start', admin: 'npx ivymail-events' },
    files: join(DIST, 'local'),
    dist: DIST,
    state: resolve('.ivymail'),
    cache: join(caches, 'ivymail-events', VERSION),
  };
}
