/** The models that the ledger runs on, held to what the deployed stack does. */
import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe } from 'vitest';
import { itRuns, type Machines } from '../conformance/machine.ts';
import { itConforms } from '../conformance/table.ts';
import { stack, table, until } from './client.ts';

const aws = {
  endpoint: stack.aws_endpoint_url,
  region: stack.region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const sfn = new SFNClient(aws);
const sqs = new SQSClient(aws);

describe('the deployed table', () => {
  itConforms(() => ({ table, prefix: `conformance-${randomUUID()}-` }));
});

describe('the deployed state machines', () => {
  itRuns(async (): Promise<Machines> => {
    const name = `conformance-${randomUUID()}`;
    const { QueueUrl: queueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    return {
      queueUrl,
      absentQueueUrl: `${queueUrl}-absent`,
      async run(definition, input) {
        const { stateMachineArn } = await sfn.send(
          new CreateStateMachineCommand({
            name: `${name}-${randomUUID().slice(0, 8)}`,
            definition: JSON.stringify(definition),
            roleArn: 'arn:aws:iam::000000000000:role/conformance',
          }),
        );
        const { executionArn } = await sfn.send(
          new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
        );
        return until('the execution to end', async () => {
          const { status, output } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
          if (status === 'SUCCEEDED') return { status, output: JSON.parse(output ?? '') as unknown };
          return status === 'FAILED' ? { status } : undefined;
        });
      },
      async sent() {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
        );
        for (const { ReceiptHandle } of Messages)
          // oxlint-disable-next-line no-await-in-loop -- a handful
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
        return Messages.map(({ Body = '' }) => JSON.parse(Body) as unknown);
      },
    };
  });
});
