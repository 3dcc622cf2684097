import { createHash } from 'node:crypto';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackUpdateComplete,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { awsConfig } from './aws.ts';

export interface StackDeployment {
  readonly stackName: string;
  /** The CloudFormation template, parsed. */
  readonly template: object;
  /** The bucket for the template and the assets. It is created unless it exists. */
  readonly bucket: string;
  /** The content of each asset, by its object key in the bucket. */
  readonly assets: ReadonlyMap<string, Uint8Array>;
  readonly parameters?: Readonly<Record<string, string>>;
}

const DEPLOYED_WITHIN_SECONDS = 300;
const POLL_SECONDS = 0.25;

/**
 * Creates a stack in the emulator, or updates it if it exists, with the calls that any CloudFormation client makes. Returns the outputs of
 * the stack by name. Rejects with the reasons of CloudFormation if a resource fails.
 */
export async function deployStack(
  endpoint: string,
  { stackName, template, bucket, assets, parameters = {} }: StackDeployment,
): Promise<Readonly<Record<string, string>>> {
  const body = Buffer.from(JSON.stringify(template));
  const templateKey = `${createHash('sha256').update(body).digest('hex')}.template.json`;
  await uploadObjects(`${endpoint}/${bucket}`, new Map([...assets, [templateKey, body]]));

  const client = new CloudFormationClient(awsConfig(endpoint));
  const input = {
    StackName: stackName,
    // A template in a request may have at most 51,200 bytes. A template in a bucket may have 1 MB.
    TemplateURL: `${endpoint}/${bucket}/${templateKey}`,
    Parameters: Object.entries(parameters).map(([name, value]) => ({
      ParameterKey: name,
      ParameterValue: value,
    })),
    Capabilities: ['CAPABILITY_IAM' as const],
  };
  const waiting = {
    client,
    maxWaitTime: DEPLOYED_WITHIN_SECONDS,
    minDelay: POLL_SECONDS,
    maxDelay: POLL_SECONDS,
  };
  try {
    if ((await findStack(client, stackName)) === undefined) {
      await client.send(new CreateStackCommand(input));
      await waitUntilStackCreateComplete(waiting, { StackName: stackName });
    } else if (await startUpdate(client, input))
      await waitUntilStackUpdateComplete(waiting, { StackName: stackName });
  } catch (error) {
    const failures = await failureReasons(client, stackName);
    const reasons = failures.length > 0 ? failures : [error instanceof Error ? error.message : String(error)];
    throw new Error([`The stack ${stackName} was not deployed.`, ...reasons].join('\n'), { cause: error });
  }
  const { Outputs: outputs = [] } = (await findStack(client, stackName)) ?? {};
  return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

/** The emulator accepts S3 requests that are not signed, so no S3 client is needed. */
async function uploadObjects(bucketUrl: string, objects: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const put = async (url: string, body?: Uint8Array): Promise<void> => {
    const response = await fetch(url, { method: 'PUT', ...(body && { body: Buffer.from(body) }) });
    if (!response.ok)
      throw new Error(`The emulator refused PUT ${url}: ${response.status} ${await response.text()}`);
  };
  await put(bucketUrl);
  await Promise.all([...objects].map(([key, content]) => put(`${bucketUrl}/${key}`, content)));
}

async function findStack(client: CloudFormationClient, stackName: string): Promise<Stack | undefined> {
  try {
    const { Stacks: stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    return stacks[0];
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not exist')) return undefined;
    throw error;
  }
}

/** Returns false if the template and the parameters change nothing. CloudFormation reports that as an error. */
async function startUpdate(
  client: CloudFormationClient,
  input: UpdateStackCommand['input'],
): Promise<boolean> {
  try {
    await client.send(new UpdateStackCommand(input));
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('No updates')) return false;
    throw error;
  }
}

/** Returns a line for each resource that failed, oldest first. */
async function failureReasons(client: CloudFormationClient, stackName: string): Promise<readonly string[]> {
  try {
    const { StackEvents: events = [] } = await client.send(
      new DescribeStackEventsCommand({ StackName: stackName }),
    );
    return events
      .filter(({ ResourceStatus: status = '' }) => status.endsWith('_FAILED'))
      .map(({ LogicalResourceId: id, ResourceStatusReason: reason }) => `${id}: ${reason}`)
      .toReversed();
  } catch {
    // The stack does not exist, because CloudFormation refused the request. The cause of the error has the reason.
    return [];
  }
}
