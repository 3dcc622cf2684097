import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { awsConfig, STACK_NAME } from './aws.ts';

/**
 * How many executions each function of the stack can have at the same time, by the start of its logical id. Each execution is
 * a process of this machine, which stays for its function. So the sum is also the highest number of Lambda processes.
 */
export const EXECUTIONS: Readonly<Record<string, number>> = {
  // A request needs one execution of the authorizer, and then one of the function.
  IvyApiAuthorizer: 4,
  IvyApiFunction: 4,
  // The emulator starts no more batches of the queue than this.
  IvyIngestFunction: 2,
  // The emulator reads the stream with one batch at a time. The second execution is for `admin redrive`.
  IvyDeliveryDispatch: 2,
  IvyTallyFunction: 1,
  IvyDeliveryRecover: 1,
  // The rest. A group of deliveries to a receiver that hangs occupies one execution for 15 s.
  IvyDeliveryDeliver: 10,
};

/** The number of executions of the account: 24. */
export const ACCOUNT_EXECUTIONS = Object.values(EXECUTIONS).reduce((sum, each) => sum + each, 0);

/** How many API requests the local API proxy forwards at the same time, so that the emulator throttles none. */
export const API_REQUESTS = Math.min(EXECUTIONS['IvyApiAuthorizer'] ?? 0, EXECUTIONS['IvyApiFunction'] ?? 0);

async function functionsOf(endpoint: string): Promise<readonly { id: string; name: string }[]> {
  const client = new CloudFormationClient(awsConfig(endpoint));
  const found: { id: string; name: string }[] = [];
  for await (const { StackResourceSummaries: page = [] } of paginateListStackResources(
    { client },
    { StackName: STACK_NAME },
  ))
    for (const { ResourceType: type, LogicalResourceId: id = '', PhysicalResourceId: name = '' } of page)
      if (type === 'AWS::Lambda::Function') found.push({ id, name });
  return found;
}

/**
 * Reserves the executions of each deployed function. The emulator ignores reserved concurrency in a template, so the template
 * stays that of a deployment. Throws an Error if a function has no number in `EXECUTIONS`.
 */
export async function reserveExecutions(endpoint: string): Promise<void> {
  const lambda = new LambdaClient(awsConfig(endpoint));
  const functions = await functionsOf(endpoint);
  await Promise.all(
    functions.map(({ id, name }) => {
      const executions = EXECUTIONS[id.replace(/[0-9A-F]{8}$/, '')];
      if (executions === undefined) throw new Error(`local/concurrency.ts has no number for ${id}`);
      return lambda.send(
        new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: executions }),
      );
    }),
  );
}
