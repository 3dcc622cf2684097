import type { TestProject } from 'vitest/node';
import { findChromium, findFirefox } from '../../local/browsers.ts';
import { setup as startStack } from '../integration/stack.ts';

/** The browser that runs the tests. */
export interface InstalledBrowser {
  readonly name: 'chromium' | 'firefox';
  /** Path of the program. */
  readonly path: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    browser: InstalledBrowser;
  }
}

/** Finds the browser that the name of the test project selects, and starts the same local stack as `npm start`, without seed data. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide(
    'browser',
    project.name === 'firefox'
      ? { name: 'firefox', path: findFirefox() }
      : { name: 'chromium', path: findChromium() },
  );
  return startStack(project);
}
