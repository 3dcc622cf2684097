import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RetryOptions } from '../lambdas/core/retry-schedule.ts';
import { ACCOUNT, CREDENTIALS, REGION } from './aws.ts';
import type { Processes } from './processes.ts';
import { WAIT_SCALE_CONTEXT } from './retry-scale.ts';

/** The outputs of the stack that the local run needs, with the names of the template. */
export interface StackOutputs {
  readonly ApiId: string;
  readonly TopicArn: string;
  readonly TableName: string;
  readonly ConfigurationSetName: string;
  readonly DefaultWorkspaceId: string;
}

export interface Cdk {
  /** Synthesizes local/app.ts with the context of cdk.json into the run's folder. Sends no request to AWS. */
  synth(): Promise<void>;
  bootstrap(endpoint: string): Promise<void>;
  /** Deploys the output of `synth`. */
  deploy(endpoint: string): Promise<StackOutputs>;
}

export const STACK_NAME = 'IvyMailEvents';

/** Skips the CDK's template validation, which takes a third of a synth. The tests and a deployment to AWS run it. */
const SKIP_VALIDATION = { CDK_VALIDATION: 'false' };

/** The waits of the local run that differ from a deployment. */
export interface LocalTiming {
  /** The `retry` option that is deployed. */
  readonly retry: RetryOptions;
  /** The factor that shortens the waits that no displayed time depends on. */
  readonly waitScale: number;
}

/** Returns the arguments of the CDK command line that select the app of the local run. */
export function localAppArguments({ retry, waitScale }: LocalTiming): readonly string[] {
  return [
    '--app',
    'npx tsx local/app.ts',
    '-c',
    `retry=${JSON.stringify(retry)}`,
    '-c',
    `${WAIT_SCALE_CONTEXT}=${waitScale}`,
  ];
}

interface CdkOptions {
  readonly processes: Processes;
  readonly root: string;
  readonly runFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timing: LocalTiming;
}

/** Runs the CDK command line against the emulator, with the commands that a user runs against an AWS account. */
export function createCdk({ processes, root, runFolder, env, timing }: CdkOptions): Cdk {
  const assembly = join(runFolder, 'cdk.out');
  const outputsFile = join(runFolder, 'outputs.json');
  const quiet = { CDK_DISABLE_CLI_TELEMETRY: 'true', CDK_HOME: join(runFolder, 'cdk-home'), NO_COLOR: '1' };

  async function cdk(
    args: readonly string[],
    cwd: string,
    extra: Record<string, string> = {},
  ): Promise<void> {
    await processes.run({
      name: `cdk ${args[0] ?? ''}`,
      file: join(root, 'node_modules', '.bin', 'cdk'),
      args: [...args, '--no-notices', '--no-version-reporting'],
      cwd,
      env: { ...env, ...quiet, ...extra },
    });
  }
  const at = (endpoint: string): Record<string, string> => ({
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  });

  return {
    synth: () => {
      const args = ['synth', '--quiet', '--output', assembly, ...localAppArguments(timing)];
      return cdk(args, root, SKIP_VALIDATION);
    },

    // Runs outside the project folder. With a cdk.json in the working directory, the CDK would synthesize the app first.
    bootstrap: (endpoint) => cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`], runFolder, at(endpoint)),

    async deploy(endpoint) {
      const args = ['deploy', STACK_NAME, '--app', assembly, '--require-approval', 'never'];
      await cdk([...args, '--outputs-file', outputsFile], root, at(endpoint));
      const outputs = JSON.parse(readFileSync(outputsFile, 'utf8')) as Record<string, StackOutputs>;
      const stackOutputs = outputs[STACK_NAME];
      if (stackOutputs === undefined) throw new Error(`cdk deploy wrote no outputs of ${STACK_NAME}`);
      return stackOutputs;
    },
  };
}
