import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SESClient } from '@aws-sdk/client-ses';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createTable, type Table } from '../lambdas/store/table.ts';
import type { StackDescription } from './stack-file.ts';
import { UsageError } from '../cli/usage-error.ts';
import { StackNotFound } from './failures.ts';

/** A deployed stack, and the clients for its AWS account. */
export interface Deployment {
  /** Base URL of the API, without a slash at the end. */
  readonly apiUrl: string;
  readonly configurationSet: string;
  readonly defaultWorkspaceId: string;
  readonly topicArn: string;
  readonly queueUrl: string;
  /** Queue URLs by construct name: `SourceDeadLetters`, `DeliveryDeliverDeadLetters`, … */
  readonly deadLetterQueues: Readonly<Record<string, string>>;
  /** Ids of the event source mappings by function: `Ingest`, `DeliveryDispatch`, `Tally`. */
  readonly eventSourceMappings: Readonly<Record<string, string>>;
  readonly dispatchFunction: string;
  readonly redeliverMachineArn: string;
  readonly table: Table;
  /** The SES client for the account, identities and sending. */
  readonly ses: SESv2Client;
  /**
   * The SES client for configuration sets. In a deployment it is the same SES. In the local run, the emulator holds the
   * configuration sets and the SES simulator sends.
   */
  readonly sesConfigurationSets: SESv2Client;
  /** The client of the older SES API, for attributes that version 2 of the API does not return. */
  readonly sesV1: SESClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly sfn: SFNClient;
  readonly lambda: LambdaClient;
  /** Set in the local run only. */
  readonly isLocalRun?: true;
  readonly apiKey?: string;
  readonly from?: string;
}

export interface Target {
  readonly stack: string;
  /** The local run to use instead of the AWS account of the environment. */
  readonly localRun?: StackDescription | undefined;
}

function localConfig(endpoint: string, region: string) {
  return { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}

async function readResources(client: CloudFormationClient, stack: string) {
  const found: { readonly id: string; readonly type: string; readonly physicalId: string }[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListStackResourcesCommand({ StackName: stack, ...(NextToken !== undefined && { NextToken }) }),
    );
    for (const each of page.StackResourceSummaries ?? [])
      found.push({
        id: each.LogicalResourceId ?? '',
        type: each.ResourceType ?? '',
        physicalId: each.PhysicalResourceId ?? '',
      });
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

async function describeStack(client: CloudFormationClient, stack: string) {
  try {
    return await client.send(new DescribeStacksCommand({ StackName: stack }));
  } catch (error) {
    // CloudFormation has no specific error for a stack that does not exist.
    if (!(error instanceof Error) || !/does not exist/.test(error.message)) throw error;
    const message = `There is no stack ${stack} in ${await client.config.region()}. Check AWS_REGION, AWS_PROFILE and --stack`;
    throw new StackNotFound(message, { cause: error });
  }
}

/** Finds a stack by its outputs and resources. Throws a UsageError if it is not a stack of IvyMail Events. */
export async function findDeployment({ stack, localRun }: Target): Promise<Deployment> {
  const config = localRun ? localConfig(localRun.aws_endpoint_url, localRun.region) : {};
  const cloudFormation = new CloudFormationClient(config);
  const described = await describeStack(cloudFormation, stack);
  const outputs = Object.fromEntries(
    (described.Stacks?.[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
      OutputKey,
      OutputValue,
    ]),
  );
  const output = (name: string): string => {
    const value = outputs[name];
    if (value === undefined)
      throw new UsageError(`${stack} is not a stack of IvyMail Events: it has no output ${name}`);
    return value;
  };
  const resources = await readResources(cloudFormation, stack);
  const physical = (pattern: RegExp): string =>
    resources.find(({ id }) => pattern.test(id))?.physicalId ?? '';
  const deadLetterQueues = resources
    .filter(({ type, id }) => type === 'AWS::SQS::Queue' && id.includes('DeadLetters'))
    .map(({ id, physicalId }) => [id.replace(/^Ivy|[0-9A-F]{8}$/g, ''), physicalId] as const);
  const mappings = resources
    .filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping')
    .map(
      ({ id, physicalId }) => [id.replace(/^Ivy|(?:Function)?(?:Stream|Sqs).*$/g, ''), physicalId] as const,
    );
  return {
    apiUrl: (localRun?.base_url ?? output('ApiUrl')).replace(/\/$/, ''),
    configurationSet: output('ConfigurationSetName'),
    defaultWorkspaceId: output('DefaultWorkspaceId'),
    topicArn: output('TopicArn'),
    queueUrl: output('QueueUrl'),
    deadLetterQueues: Object.fromEntries(deadLetterQueues),
    eventSourceMappings: Object.fromEntries(mappings),
    dispatchFunction: physical(/DeliveryDispatch[0-9A-F]{8}$/),
    redeliverMachineArn: physical(/DeliveryRedeliverMachine[0-9A-F]{8}$/),
    table: createTable(output('TableName'), new DynamoDBClient(config)),
    ses: new SESv2Client(localRun ? localConfig(localRun.ses_endpoint_url, localRun.region) : {}),
    sesConfigurationSets: new SESv2Client(config),
    sesV1: new SESClient(localRun ? localConfig(localRun.ses_endpoint_url, localRun.region) : {}),
    sns: new SNSClient(config),
    sqs: new SQSClient(config),
    sfn: new SFNClient(config),
    lambda: new LambdaClient(config),
    ...(localRun && { isLocalRun: true, apiKey: localRun.api_key, from: localRun.from }),
  };
}
