import type { TestProject } from 'vitest/node';
import { startLocalStack } from '../../local/stack.ts';
import { checkLogs } from './logs.ts';
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
  // Lines that the logs must hold, whichever tests are run: the emulator keeps those of an invocation with the next one.
  const { base_url: url, api_key: key } = running.stack;
  for (let request = 0; request < 3; request += 1)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await fetch(`${url}/v1/workspace`, { headers: { 'x-api-key': key } });
  return async () => {
    try {
      console.log(
        `${await checkLogs(running.stack.aws_endpoint_url)} lines of log, and nothing in them that must not be`,
      );
    } finally {
      await running.stop();
    }
  };
}
