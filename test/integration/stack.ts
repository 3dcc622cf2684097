import type { TestProject } from 'vitest/node';
import { startLocalStack } from '../../local/stack.ts';
import { checkLogs } from './logs.ts';
import type { StackDescription } from '../../admin/stack-file.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackDescription;
  }
}

/** Retries after 1 min, 5 min and 25 min happen after 1 s, 5.5 s (rounded) and 30 s instead. Other waits are scaled too, to at least 1 s. */
const RETRY_SCALE = 0.02;

/** Deploys one stack for all tests of a project: the stack of `npm start` without seed data. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = await startLocalStack({
    seed: false,
    retryScale: RETRY_SCALE,
    // For reputation-switch.test.ts. The other projects that use this file test the stack without the option.
    ...(project.name === 'integration' && { stackOptions: { reputation: { pauseConfigurationSet: true } } }),
  });
  project.provide('stack', running.stack);
  // This request writes a log line. Without it, a run of a few tests could have no log line to check.
  const { base_url: url, api_key: key } = running.stack;
  await fetch(`${url}/v1/workspace`, { headers: { 'x-api-key': key } });
  return async () => {
    try {
      console.log(
        `${await checkLogs(running.stack.aws_endpoint_url)} log lines, and no forbidden text in them`,
      );
    } finally {
      await running.stop();
    }
  };
}
