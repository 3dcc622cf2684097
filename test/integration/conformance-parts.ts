/** Deploys AWS resources for one conformance test, beside the stack under test. Its Lambda function calls this process for each event. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll } from 'vitest';
import { stack, until } from './client.ts';

export const aws = {
  endpoint: stack.aws_endpoint_url,
  region: stack.region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const cloudFormation = new CloudFormationClient(aws);
export const sqs = new SQSClient(aws);

/** Handles one event of the deployed function. An error thrown here is thrown by the deployed function too, with the same name. */
type Handle = (event: never) => unknown;

const CODE = `exports.handler = async (event) => {
const response = await fetch(process.env.CALLBACK_URL, { method: 'POST', body: JSON.stringify(event) });
  const { error, result } = await response.json();
  if (error) throw Object.assign(new Error('Thrown by the test'), { name: error });
  return result;
};`;

/** The tests run at the same time, so the servers are closed after all of them. */
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function listen(handle: Handle): Promise<string> {
  const respondTo = async (request: IncomingMessage): Promise<object> => {
    const event = (await json(request)) as never;
    try {
      return { result: await handle(event) };
    } catch (error) {
      return { error: (error as Error).name };
    }
  };
  const server = createServer((request, response) => {
    void respondTo(request).then((body) => response.end(JSON.stringify(body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The CloudFormation resource of a Lambda function that calls `handle` in this process. */
export async function functionOf(handle: Handle): Promise<object> {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/conformance',
      Timeout: 30,
      Code: { ZipFile: CODE },
      Environment: { Variables: { CALLBACK_URL: await listen(handle) } },
    },
  };
}

/** Deploys the resources and returns the stack outputs by name. */
export async function deploy(
  Resources: object,
  outputs: Readonly<Record<string, object>>,
): Promise<Readonly<Record<string, string>>> {
  const StackName = `conformance-${randomUUID()}`;
  const Outputs = Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }]));
  const TemplateBody = JSON.stringify({ Resources, Outputs });
  await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
  return until('the resources to be deployed', async () => {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    const { StackStatus: status, StackStatusReason: reason, Outputs: stackOutputs = [] } = Stacks[0] ?? {};
    if (status === 'CREATE_COMPLETE')
      return Object.fromEntries(
        stackOutputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      );
    if (status !== 'CREATE_IN_PROGRESS') throw new Error(`${status}: ${reason}`);
    return undefined;
  });
}

/** Waits until the condition holds. */
export async function untilTrue(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await until(what, async () => ((await condition()) ? true : undefined));
}

/** Returns a reader of a queue: all message bodies seen so far. Each read hides the messages for one second only. */
export function contentsOf(QueueUrl: string): () => Promise<readonly string[]> {
  const bodies = new Map<string, string>();
  return async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
    );
    for (const { MessageId = '', Body = '' } of Messages) bodies.set(MessageId, Body);
    return [...bodies.values()];
  };
}
