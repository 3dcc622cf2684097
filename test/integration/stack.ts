import type { TestProject } from 'vitest/node';
import { startLocalStack } from '../../local/stack.ts';

/** What a program reads from `.local/stack.json`; here handed to each test file. */
export interface StackFile {
  readonly base_url: string;
  readonly api_key: string;
  readonly workspace_id: string;
  readonly inbox_url: string;
  readonly aws_endpoint_url: string;
  readonly ses_endpoint_url: string;
  readonly region: string;
  readonly topic_arn: string;
  readonly table_name: string;
  readonly configuration_set: string;
  readonly from: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackFile;
  }
}

/** One deployed stack for all integration tests: the very one of `npm start`, without seed data. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = await startLocalStack({ seed: false });
  project.provide('stack', running.stack);
  return () => running.stop();
}
