import type { TestProject } from 'vitest/node';
import { startLocalStack } from '../../local/stack.ts';
import { checkLogs } from './logs.ts';
import type { StackDescription } from '../../admin/stack-file.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackDescription;
  }
}

/** Retries after 1 min, 5 min and 25 min come after 1 s, 5.5 s and 30 s. Other waits are scaled too, and at least 1 s. */
const RETRY_SCALE = 0.02;

/** One deployed stack for all integration tests: the very one of `npm start`, without seed data. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = await startLocalStack({ seed: false, retryScale: RETRY_SCALE });
  project.provide('stack', running.stack);
  // Whichever tests are run, there is an invocation, and so a line of log.
  const { base_url: url, api_key: key } = running.stack;
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
