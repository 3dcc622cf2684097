import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SESClient } from '@aws-sdk/client-ses';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DeploymentDescription } from '../lambdas/core/deployment-description.ts';
import { createTable, type Table } from '../lambdas/store/table.ts';
import { createReadMetrics, endpointOfEnvironment, type ReadMetrics } from './cloudwatch.ts';
import { selectDeployment, type Selection } from './find-deployment.ts';
import type { StackDescription } from './stack-file.ts';

/** A deployed construct, and the clients for its AWS account. */
export interface Deployment {
  /** The name of the stack. */
  readonly stack: string;
  /** What the construct says about itself. */
  readonly description: DeploymentDescription;
  /** Base URL of the API, without a slash at the end. In the local run, it is not the URL of the description. */
  readonly apiUrl: string;
  readonly configurationSet: string;
  /** The name of the event destination of the configuration set. */
  readonly eventDestination: string;
  readonly trackEngagement: boolean;
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
  readonly readMetrics: ReadMetrics;
  /** Set in the local run only. */
  readonly isLocalRun?: true;
  readonly apiKey?: string;
  readonly from?: string;
}

export interface Target extends Selection {
  /** The local run to use instead of the AWS account of the environment. */
  readonly localRun?: StackDescription | undefined;
}

function localConfig(endpoint: string, region: string) {
  return { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}

/** Finds a deployment in the AWS account of the environment, or in the local run. Throws as `selectDeployment`. */
export async function findDeployment({ localRun, ...selection }: Target): Promise<Deployment> {
  const config = localRun ? localConfig(localRun.aws_endpoint_url, localRun.region) : {};
  const { stack, description } = await selectDeployment(new CloudFormationClient(config), selection);
  return {
    stack,
    description,
    apiUrl: (localRun?.base_url ?? description.api_url).replace(/\/$/, ''),
    configurationSet: description.configuration_set,
    eventDestination: description.event_destination,
    trackEngagement: description.track_engagement,
    defaultWorkspaceId: description.default_workspace_id,
    topicArn: description.topic_arn,
    queueUrl: description.queue_url,
    deadLetterQueues: { ...description.dead_letter_queues },
    eventSourceMappings: { ...description.event_source_mappings },
    dispatchFunction: description.functions.DeliveryDispatch,
    redeliverMachineArn: description.redeliver_machine_arn,
    table: createTable(description.table_name, new DynamoDBClient(config)),
    ses: new SESv2Client(localRun ? localConfig(localRun.ses_endpoint_url, localRun.region) : {}),
    sesConfigurationSets: new SESv2Client(config),
    sesV1: new SESClient(localRun ? localConfig(localRun.ses_endpoint_url, localRun.region) : {}),
    sns: new SNSClient(config),
    sqs: new SQSClient(config),
    sfn: new SFNClient(config),
    lambda: new LambdaClient(config),
    readMetrics: createReadMetrics({
      client: new SNSClient(config),
      endpoint: localRun?.aws_endpoint_url ?? endpointOfEnvironment(process.env),
      now: Date.now,
    }),
    ...(localRun && { isLocalRun: true, apiKey: localRun.api_key, from: localRun.from }),
  };
}
