import type { TestProject } from 'vitest/node';
import { startLocalStack } from '../../local/stack.ts';
import type { StackDescription } from '../../local/stack-file.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackDescription;
  }
}

/** Waits of 1 min, 5 min and 25 min become 1.2 s, 6 s and 30 s. */
const RETRY_SCALE = 0.02;

/** One deployed stack for all integration tests: the very one of `npm start`, without seed data. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = await startLocalStack({ seed: false, retryScale: RETRY_SCALE });
  project.provide('stack', running.stack);
  return () => running.stop();
}
