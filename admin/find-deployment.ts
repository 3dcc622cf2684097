import { DescribeStacksCommand, type CloudFormationClient, type Stack } from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import {
  DESCRIPTION_FORMAT,
  DESCRIPTION_LABEL,
  parseDescription,
  type DeploymentDescription,
} from '../lambdas/core/deployment-description.ts';
import { UsageError } from '../cli/usage-error.ts';
import { StackNotFound } from './failures.ts';

/** The stack of `ivymail-events deploy`. The command looks here first if `--stack` is not given. */
const DEFAULT_STACK = 'IvyMailEvents';

const NAME = z.string().min(1);

/** Every field, so that a command never uses one that a damaged output omits. */
const DESCRIPTION = z.object({
  format: z.literal(DESCRIPTION_FORMAT),
  version: NAME,
  construct: NAME,
  api_id: NAME,
  api_url: NAME,
  configuration_set: NAME,
  // CloudFormation can return `name|configuration set`, because the resource has two identifiers.
  event_destination: NAME.overwrite((id) => id.replace(/\|.*/, '')),
  track_engagement: z.boolean(),
  default_workspace_id: NAME,
  topic_arn: NAME,
  queue_url: NAME,
  table_name: NAME,
  secrets_key_arn: NAME,
  alarm_topic_arn: NAME,
  dead_letter_queues: z.object({
    SourceDeadLetters: NAME,
    SourceSubscriptionDeadLetters: NAME,
    DeliveryDispatchDeadLetters: NAME,
    DeliveryDeliverDeadLetters: NAME,
    TallyDeadLetters: NAME,
  }),
  event_source_mappings: z.object({ Ingest: NAME, DeliveryDispatch: NAME, Tally: NAME }),
  functions: z.object({
    Ingest: NAME,
    DeliveryDispatch: NAME,
    DeliveryDeliver: NAME,
    DeliveryRecover: NAME,
    Tally: NAME,
    Api: NAME,
    ApiAuthorizer: NAME,
  }),
  deliver_machine_arn: NAME,
  redeliver_machine_arn: NAME,
  recover_machine_arn: NAME,
}) satisfies z.ZodType<DeploymentDescription>;

/** A deployment that an output of a stack describes. */
export interface FoundDeployment {
  readonly stack: string;
  readonly description: DeploymentDescription;
}

/** The deployment that a command line names. */
export interface Selection {
  /** Default: the stack IvyMailEvents, or the only stack of the region with a deployment. */
  readonly stack?: string | undefined;
  /** The path of the construct in the stack. Needed only if the stack has several. */
  readonly construct?: string | undefined;
}

function readOutput(stack: string, key: string, value: string): DeploymentDescription | undefined {
  let parsed: DeploymentDescription | undefined;
  try {
    parsed = parseDescription(value);
  } catch (error) {
    throw new UsageError(`${stack}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (parsed === undefined) return undefined;
  const checked = DESCRIPTION.safeParse(parsed);
  if (checked.success) return checked.data;
  const fields = checked.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new UsageError(
    `The output ${key} of the stack ${stack} describes a deployment without valid values of ${fields}. Deploy the stack again`,
  );
}

function descriptionsOf({ StackName: stack = '', Outputs: outputs = [] }: Stack): readonly FoundDeployment[] {
  return outputs.flatMap(({ OutputKey: key = '', OutputValue: value = '' }) => {
    const description = readOutput(stack, key, value);
    return description ? [{ stack, description }] : [];
  });
}

/** Version 0.1.0 left these outputs, and no description. */
function isOfFirstVersion({ Outputs: outputs = [] }: Stack): boolean {
  const keys = new Set(outputs.map(({ OutputKey: key }) => key));
  return ['ApiUrl', 'ConfigurationSetName', 'DefaultWorkspaceId', 'TableName'].every((key) => keys.has(key));
}

const LOOKED_FOR = `The construct IvyMailEvents leaves an output with the description "${DESCRIPTION_LABEL}", and the command looked for it`;

async function describeStack(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return stack;
  } catch (error) {
    // CloudFormation has no specific error for a stack that does not exist.
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

/** Reads every stack of the region. One request returns up to 100 stacks. */
async function searchStacks(client: CloudFormationClient): Promise<readonly FoundDeployment[]> {
  const found: FoundDeployment[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeStacksCommand(NextToken === undefined ? {} : { NextToken }));
    found.push(...(page.Stacks ?? []).flatMap(descriptionsOf));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

/** Selects a deployment of one stack. */
function selectConstruct(stack: string, found: readonly FoundDeployment[], construct?: string) {
  const paths = found.map(({ description }) => description.construct).join(', ');
  const matching = found.filter(
    ({ description }) => construct === undefined || description.construct === construct,
  );
  const [only] = matching;
  if (only === undefined)
    throw new UsageError(`The stack ${stack} has no deployment ${construct}. --construct can be ${paths}`);
  if (matching.length > 1)
    throw new UsageError(
      `The stack ${stack} has ${found.length} deployments. Choose one with --construct: ${paths}`,
    );
  return only;
}

async function regionOf(client: CloudFormationClient): Promise<string> {
  return client.config.region();
}

/**
 * Finds a deployment by the output of its construct. Throws StackNotFound if no stack can be meant, and a UsageError if the stack
 * has no deployment, or several to choose from.
 */
export async function selectDeployment(
  client: CloudFormationClient,
  { stack: name, construct }: Selection,
): Promise<FoundDeployment> {
  const stack = await describeStack(client, name ?? DEFAULT_STACK);
  if (stack !== undefined) {
    const found = descriptionsOf(stack);
    if (found.length > 0) return selectConstruct(stack.StackName ?? '', found, construct);
    if (isOfFirstVersion(stack))
      throw new UsageError(
        `The stack ${stack.StackName} was deployed by version 0.1.0. Deploy it again with this version, so that the command finds it. ${LOOKED_FOR}`,
      );
    throw new UsageError(
      `The stack ${stack.StackName} (${stack.StackStatus}) has no deployment of IvyMail Events. ${LOOKED_FOR}. Name another stack with --stack`,
    );
  }
  if (name !== undefined)
    throw new StackNotFound(
      `There is no stack ${name} in ${await regionOf(client)}. Check AWS_REGION, AWS_PROFILE and --stack`,
    );
  const found = await searchStacks(client);
  const names = [...new Set(found.map((each) => each.stack))];
  const [only] = names;
  if (only === undefined)
    throw new StackNotFound(
      `There is no stack ${DEFAULT_STACK} in ${await regionOf(client)}, and no other stack there has a deployment of IvyMail Events. ${LOOKED_FOR}. Check AWS_REGION, AWS_PROFILE and --stack`,
    );
  if (names.length > 1)
    throw new UsageError(
      `There are ${names.length} stacks with a deployment. Choose one with --stack: ${names.join(', ')}`,
    );
  return selectConstruct(only, found, construct);
}
