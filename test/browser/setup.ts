import { setup as startStack } from '../integration/stack.ts';
import { findChromium } from '../../local/chromium.ts';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    chromium: string;
  }
}

/** Finds Chromium, and starts the same local stack as `npm start`, without seed data. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('chromium', findChromium());
  return startStack(project);
}
