import { delimiter, join } from 'node:path';

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
/** The emulator takes any keys; these make sure that no key of the user's is ever used. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** What an AWS SDK client needs in order to talk to the emulator. */
export function awsConfig(endpoint: string) {
  return { endpoint, region: REGION, credentials: CREDENTIALS };
}

/**
 * The environment of everything we start: the user's, without what could lead to a real AWS account, with our Node first
 * (the Lambda workers take the one they find), the run's own temp folder, and no proxy before loopback.
 */
export function childEnvironment(
  environment: NodeJS.ProcessEnv,
  { root, temp }: { readonly root: string; readonly temp: string },
): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(AWS_|CDK_|NODE_OPTIONS$|npm_)/.test(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${environment['PATH'] ?? ''}`,
    TMPDIR: temp,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(temp, 'no-aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(temp, 'no-aws-credentials'),
  };
}
