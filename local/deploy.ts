import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT, CREDENTIALS, REGION } from './aws.ts';
import type { Processes } from './processes.ts';

/** The outputs of the stack that the local run needs; their names are the template's. */
export interface StackOutputs {
  readonly ApiId: string;
  readonly TopicArn: string;
  readonly TableName: string;
  readonly ConfigurationSetName: string;
  readonly DefaultWorkspaceId: string;
}

export interface Cdk {
  /** Synthesizes the app of cdk.json once, into the run's folder; needs no AWS. */
  synth(): Promise<void>;
  bootstrap(endpoint: string): Promise<void>;
  /** Deploys what `synth` has made. */
  deploy(endpoint: string): Promise<StackOutputs>;
}

export const STACK_NAME = 'IvyMailEvents';

/** A third of a synth goes into the CDK's own rules for templates; the tests and a deploy to AWS apply them. */
const WITHOUT_RULES = { CDK_VALIDATION: 'false' };

interface CdkOptions {
  readonly processes: Processes;
  readonly root: string;
  readonly runFolder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The CDK's own command line, as a user would type it against a real account, pointed at the emulator. */
export function createCdk({ processes, root, runFolder, env }: CdkOptions): Cdk {
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
      const args = ['synth', '--quiet', '--output', assembly, '-c', 'allowInsecureEndpoints=true'];
      return cdk(args, root, WITHOUT_RULES);
    },

    // Outside the project's folder: with a cdk.json beside it, it would synthesize the app first.
    bootstrap: (endpoint) => cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`], runFolder, at(endpoint)),

    async deploy(endpoint) {
      const args = ['deploy', STACK_NAME, '--app', assembly, '--require-approval', 'never'];
      await cdk([...args, '--outputs-file', outputsFile], root, at(endpoint));
      const outputs = JSON.parse(readFileSync(outputsFile, 'utf8')) as Record<string, StackOutputs>;
      const ours = outputs[STACK_NAME];
      if (ours === undefined) throw new Error(`cdk deploy wrote no outputs of ${STACK_NAME}`);
      return ours;
    },
  };
}
