/** Two constructs in one stack, and one in another stack of the same account and region, deployed into the local AWS. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DeleteStackCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selectDeployment } from '../../admin/find-deployment.ts';
import { buildFunctions } from '../../build/functions.ts';
import type { DeploymentDescription } from '../../lambdas/core/deployment-description.ts';
import { IvyMailEvents } from '../../lib/ivy-mail-events.ts';
import { awsConfig } from '../../local/aws.ts';
import { deployStack } from '../../local/deploy.ts';
import { createTopic } from '../../local/topic.ts';
import type { SesEvent } from '../../sim/ses/events.ts';
import { SAMPLES } from '../../sim/ses/samples.ts';
import { ASSETS_BUCKET, readAssembly } from '../upgrade/assembly.ts';
import { stack, until } from './client.ts';
import { asNew } from './ses.ts';

const TWO = 'TeamWithTwo';
const ONE = 'TeamWithOne';
const endpoint = stack.aws_endpoint_url;
const cloudFormation = new CloudFormationClient(awsConfig(endpoint));
const dynamodb = new DynamoDBClient(awsConfig(endpoint));
const folder = mkdtempSync(join(tmpdir(), 'ivymail-constructs-'));

function synthesize(): void {
  buildFunctions();
  const app = new App({ outdir: folder });
  const props = { removalPolicy: RemovalPolicy.DESTROY, consumerConcurrency: 2 };
  const two = new Stack(app, TWO);
  const created = [
    new IvyMailEvents(two, 'First', props),
    new IvyMailEvents(two, 'Second', props),
    new IvyMailEvents(new Stack(app, ONE), 'First', props),
  ];
  expect(created).toHaveLength(3);
  app.synth();
}

async function deploy(stackName: string): Promise<void> {
  const { template, assets } = readAssembly(folder, stackName);
  // Without the parameter that checks the bootstrap of the CDK, which the local AWS does not need.
  const { Resources, Outputs = {} } = template;
  await deployStack(endpoint, {
    stackName,
    template: { Resources, Outputs },
    bucket: ASSETS_BUCKET,
    assets,
  });
}

/** The deployments, as the command finds them. */
let found: readonly DeploymentDescription[] = [];

beforeAll(async () => {
  synthesize();
  await deploy(TWO);
  await deploy(ONE);
  const selections = [
    { stack: TWO, construct: 'First' },
    { stack: TWO, construct: 'Second' },
    { stack: ONE },
  ];
  const deployments = await Promise.all(selections.map((each) => selectDeployment(cloudFormation, each)));
  found = deployments.map(({ description }) => description);
});

// The other tests search for the only deployment of the local AWS.
afterAll(async () => {
  for (const StackName of [TWO, ONE]) {
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete(
      { client: cloudFormation, maxWaitTime: 120, minDelay: 1, maxDelay: 1 },
      { StackName },
    );
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('three constructs in two stacks', () => {
  it('are found by the command, which asks for a construct if a stack has several', async () => {
    expect(found.map(({ construct }) => construct)).toEqual(['First', 'Second', 'First']);
    await expect(selectDeployment(cloudFormation, { stack: TWO })).rejects.toThrow(
      `The stack ${TWO} has 2 deployments. Choose one with --construct: First, Second`,
    );
  });

  it('share no resource', () => {
    const idsOf = (description: DeploymentDescription): readonly string[] => [
      description.api_id,
      description.configuration_set,
      description.topic_arn,
      description.queue_url,
      description.table_name,
      description.secrets_key_arn,
      description.alarm_topic_arn,
      description.deliver_machine_arn,
      description.redeliver_machine_arn,
      description.recover_machine_arn,
      ...Object.values(description.dead_letter_queues),
      ...Object.values(description.event_source_mappings),
      ...Object.values(description.functions),
    ];
    const all = found.flatMap(idsOf);
    expect(all).toHaveLength(3 * 25);
    expect(new Set(all).size).toBe(all.length);
  });

  it('store an event only in the table of the construct to whose topic SES publishes it', async () => {
    const { ses, messageId } = asNew(SAMPLES.delivery);
    const rowsOf = async ({ table_name: TableName }: DeploymentDescription): Promise<number> => {
      const { Items: items = [] } = await dynamodb.send(new ScanCommand({ TableName }));
      return items.filter((item) => JSON.stringify(item).includes(messageId)).length;
    };
    const [first, second, other] = found;
    if (!first || !second || !other) throw new Error('The stacks are not deployed');

    await createTopic(endpoint, second.topic_arn).publish(ses as unknown as SesEvent);
    await until('the event in the second table', async () => ((await rowsOf(second)) > 0 ? true : undefined));
    expect([await rowsOf(first), await rowsOf(other)]).toEqual([0, 0]);
  });
});
