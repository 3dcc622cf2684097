import { delimiter, join } from 'node:path';

export const REGION = 'us-east-1';
/** The stack of the local run has the name of a deployment. */
export const STACK_NAME = 'IvyMailEvents';
/** The emulator accepts any credentials. With these, the AWS SDK never uses the credentials of the user. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** Returns the configuration of an AWS SDK client for the emulator. */
export function awsConfig(endpoint: string) {
  return { endpoint, region: REGION, credentials: CREDENTIALS };
}

/**
 * Returns the environment of every process of the local run, based on the user's environment:
 * - without variables that could lead to a real AWS account
 * - with the Node of the Lambda workers first in PATH, because they run the first Node in PATH
 * - with the temp folder of the run
 * - without a proxy for loopback
 */
export function childEnvironment(
  environment: NodeJS.ProcessEnv,
  { nodeFolder, temp }: { readonly nodeFolder: string; readonly temp: string },
): Record<string, string> {
  const inherited = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(AWS_|CDK_|NODE_OPTIONS$|npm_)/.test(entry[0]),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: `${nodeFolder}${delimiter}${environment['PATH'] ?? ''}`,
    TMPDIR: temp,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(temp, 'no-aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(temp, 'no-aws-credentials'),
  };
}
