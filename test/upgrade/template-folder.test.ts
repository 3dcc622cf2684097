/** The folder that the command `template` writes, deployed with its script and the AWS CLI, as a user without the CDK does. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initWorkspace } from '../../admin/init.ts';
import { writeTemplateFolder } from '../../admin/template.ts';
import { buildTemplates } from '../../build/templates.ts';
import { parseDescription } from '../../lambdas/core/deployment-description.ts';
import { createTable } from '../../lambdas/store/table.ts';
import { awsConfig } from '../../local/aws.ts';
import { ensurePython } from '../venv.ts';
import { startLocalAws, type LocalAws } from './local-aws.ts';

const run = promisify(execFile);
const STACK = 'Mail';
const BUCKET = 'mail-assets';

let aws: LocalAws;
let home: string;
let folder: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'ivymail-template-'));
  folder = join(home, 'out');
  buildTemplates();
  writeTemplateFolder(folder);
  const python = await ensurePython('test/runbook');
  aws = await startLocalAws();
  // `cloudformation deploy` ignores --endpoint-url when it uploads the template, and other commands ignore AWS_ENDPOINT_URL.
  const bin = join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'aws'),
    `#!/bin/sh\nexec "${python}" -m awscli --endpoint-url "${aws.endpoint}" "$@"\n`,
  );
  chmodSync(join(bin, 'aws'), 0o755);
  const { accessKeyId, secretAccessKey } = awsConfig(aws.endpoint).credentials;
  environment = {
    HOME: home,
    PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin`,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: awsConfig(aws.endpoint).region,
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    no_proxy: '127.0.0.1',
  };
  await run('aws', ['s3', 'mb', `s3://${BUCKET}`], { env: environment });
});
afterAll(async () => {
  await aws.stop();
  rmSync(home, { recursive: true, force: true });
});

const deploy = (...args: readonly string[]): Promise<{ stdout: string }> =>
  run(join(folder, 'deploy.sh'), [...args], { env: environment });

async function describeStack(): Promise<{
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
}> {
  const client = new CloudFormationClient(awsConfig(aws.endpoint));
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
  return {
    parameters: Object.fromEntries(
      (stack?.Parameters ?? []).map(({ ParameterKey: name = '', ParameterValue: value = '' }) => [
        name,
        value,
      ]),
    ),
    outputs: (stack?.Outputs ?? []).map(({ OutputValue: value = '' }) => value),
  };
}

describe('the folder of the command template', () => {
  it('creates a stack whose API responds', async () => {
    const { stdout } = await deploy('--bucket', BUCKET, '--stack', STACK, 'RetentionDays=30');
    expect(stdout).toContain(`npx ivymail-events init --stack ${STACK}`);
    const { outputs } = await describeStack();
    const [deployment] = outputs.flatMap((value) => parseDescription(value) ?? []);
    expect(deployment).toMatchObject({ construct: 'Ivy', track_engagement: false });
    const table = createTable(deployment?.table_name ?? '', new DynamoDBClient(awsConfig(aws.endpoint)));
    const { api_key: key } = await initWorkspace({
      table,
      workspaceId: deployment?.default_workspace_id ?? '',
    });
    const response = await fetch(
      `${aws.endpoint}/restapis/${deployment?.api_id}/prod/_user_request_/v1/workspace`,
      { headers: { 'x-api-key': key } },
    );
    expect(response.status).toBe(200);
  });

  it('updates the stack, and keeps the parameters that are not named', async () => {
    const flags = ['TrackEngagement=true', 'FewConcurrentExecutions=true', 'AlarmEmail=a@example.com'];
    await deploy('--bucket', BUCKET, '--stack', STACK, ...flags);
    const { parameters, outputs } = await describeStack();
    expect(parameters).toMatchObject({ RetentionDays: '30', TrackEngagement: 'true' });
    const [deployment] = outputs.flatMap((value) => parseDescription(value) ?? []);
    expect(deployment?.track_engagement).toBe(true);
  });

  it('succeeds if nothing changes', async () => {
    const { stdout } = await deploy('--bucket', BUCKET, '--stack', STACK);
    expect(stdout).toContain('No changes to deploy');
  });

  it.each([
    [[], '--bucket is missing'],
    [['--bucket'], '--bucket needs a value'],
    [['--frob'], 'There is no option --frob'],
    [['--bucket', BUCKET, 'RetentionDays'], 'RetentionDays is not PARAMETER=VALUE'],
    [['--bucket', BUCKET, 'A=1', '--stack', 'B'], 'Options are before the parameters: --stack'],
  ])('refuses %j before it changes anything', async (args, problem) => {
    await expect(deploy(...args)).rejects.toMatchObject({
      code: 2,
      stderr: `${problem}\nFor help: ./deploy.sh --help\n`,
    });
  });

  it('has a README that names every parameter of the template', () => {
    const { Parameters: parameters } = JSON.parse(readFileSync(join(folder, 'template.json'), 'utf8')) as {
      readonly Parameters: Readonly<Record<string, object>>;
    };
    const page = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const name of Object.keys(parameters)) expect(page).toContain(`\`${name}\``);
  });

  it('is not written over another folder', () => {
    expect(() => writeTemplateFolder(folder)).toThrow('is not empty');
  });
});
