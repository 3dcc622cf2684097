/** Parts of AWS for one conformance test, deployed beside the stack: a function that asks this process what to do. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import { stack, until } from './client.ts';

export const aws = {
  endpoint: stack.aws_endpoint_url,
  region: stack.region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const cloudFormation = new CloudFormationClient(aws);
export const sqs = new SQSClient(aws);

/** What a function does with an event; what is thrown is its own error. */
type Handle = (event: never) => unknown;

const CODE = `exports.handler = async (event) => {
  const answer = await fetch(process.env.ASK, { method: 'POST', body: JSON.stringify(event) });
  const { error, result } = await answer.json();
  if (error) throw Object.assign(new Error('As told'), { name: error });
  return result;
};`;

async function listen(handle: Handle): Promise<string> {
  const answerTo = async (request: IncomingMessage): Promise<object> => {
    const event = (await json(request)) as never;
    try {
      return { result: await handle(event) };
    } catch (error) {
      return { error: (error as Error).name };
    }
  };
  const server = createServer((request, response) => {
    void answerTo(request).then((answer) => response.end(JSON.stringify(answer)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A function that does this. */
export async function functionOf(handle: Handle): Promise<object> {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/conformance',
      Timeout: 30,
      Code: { ZipFile: CODE },
      Environment: { Variables: { ASK: await listen(handle) } },
    },
  };
}

/** Deploys them, and gives the outputs by name. */
export async function deploy(
  Resources: object,
  outputs: Readonly<Record<string, object>>,
): Promise<Readonly<Record<string, string>>> {
  const StackName = `conformance-${randomUUID()}`;
  const Outputs = Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }]));
  const TemplateBody = JSON.stringify({ Resources, Outputs });
  await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
  return until('the parts to be deployed', async () => {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    const { StackStatus: status, StackStatusReason: reason, Outputs: told = [] } = Stacks[0] ?? {};
    if (status === 'CREATE_COMPLETE')
      return Object.fromEntries(told.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
    if (status !== 'CREATE_IN_PROGRESS') throw new Error(`${status}: ${reason}`);
    return undefined;
  });
}

/** Waits as `until` does. */
export async function untilSo(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  await until(what, async () => ((await isSo()) ? true : undefined));
}

/** Bodies of what a queue holds, without taking it away for long. */
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
