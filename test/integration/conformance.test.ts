/** Runs the conformance cases of test/conformance against the emulator. test/sim runs the same cases against the models in sim/. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBStreamEvent, SQSEvent } from 'aws-lambda';
import { describe } from 'vitest';
import { createTable } from '../../lambdas/store/table.ts';
import { TALLY_FILTERS } from '../../lib/tally-stream.ts';
import {
  testStateMachines,
  type FunctionHandler,
  type StateMachinesUnderTest,
} from '../conformance/state-machine.ts';
import { testQueue, MAX_RECEIVES, VISIBILITY_SECONDS, type QueueUnderTest } from '../conformance/queue.ts';
import { testStream, type StreamUnderTest } from '../conformance/stream.ts';
import { testTable } from '../conformance/table.ts';
import { table, until } from './client.ts';
import { aws, contentsOf, deploy, functionOf, sqs, untilTrue } from './conformance-parts.ts';

const sfn = new SFNClient(aws);

describe('the deployed table', () => {
  testTable(() => ({ table, prefix: `conformance-${randomUUID()}-` }), {
    rejectsEmpty: false,
    limitsReads: false,
  });
});

describe.concurrent('the deployed stream', () => {
  // The emulator always repeats a whole batch, even if the reader reports a partial failure. Only the model runs those cases.
  testStream(
    async (consume): Promise<StreamUnderTest> => {
      const { tableName = '', notes = '' } = await deploy(
        {
          Table: {
            Type: 'AWS::DynamoDB::Table',
            Properties: {
              BillingMode: 'PAY_PER_REQUEST',
              AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
                AttributeName,
                AttributeType: 'S',
              })),
              KeySchema: [
                { AttributeName: 'pk', KeyType: 'HASH' },
                { AttributeName: 'sk', KeyType: 'RANGE' },
              ],
              StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
            },
          },
          Notes: { Type: 'AWS::SQS::Queue' },
          Reader: await functionOf(({ Records }: DynamoDBStreamEvent) => {
            const itemIdentifier = consume(Records);
            return { batchItemFailures: itemIdentifier === undefined ? [] : [{ itemIdentifier }] };
          }),
          Mapping: {
            Type: 'AWS::Lambda::EventSourceMapping',
            Properties: {
              EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
              FunctionName: { Ref: 'Reader' },
              StartingPosition: 'TRIM_HORIZON',
              BatchSize: 100,
              FunctionResponseTypes: ['ReportBatchItemFailures'],
              FilterCriteria: {
                Filters: TALLY_FILTERS.map((pattern) => ({ Pattern: JSON.stringify(pattern) })),
              },
              // The minimum that Lambda accepts.
              MaximumRecordAgeInSeconds: 60,
              DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Notes', 'Arn'] } } },
            },
          },
        },
        { tableName: { Ref: 'Table' }, notes: { Ref: 'Notes' } },
      );
      const { client, name: TableName } = createTable(tableName, new DynamoDBClient(aws));
      const contents = contentsOf(notes);
      return {
        put: async (Item) => void (await client.send(new PutCommand({ TableName, Item }))),
        remove: async (Key) => void (await client.send(new DeleteCommand({ TableName, Key }))),
        until: untilTrue,
        discardedCount: async () => (await contents()).length,
      };
    },
    { resumes: false },
  );
});

describe.concurrent('the deployed queue', () => {
  testQueue(async (consume): Promise<QueueUnderTest> => {
    const { queueUrl, dead = '' } = await deploy(
      {
        Dead: { Type: 'AWS::SQS::Queue' },
        Queue: {
          Type: 'AWS::SQS::Queue',
          Properties: {
            VisibilityTimeout: VISIBILITY_SECONDS,
            RedrivePolicy: {
              deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] },
              maxReceiveCount: MAX_RECEIVES,
            },
          },
        },
        Consumer: await functionOf(({ Records }: SQSEvent) => ({
          batchItemFailures: consume(Records).map((itemIdentifier) => ({ itemIdentifier })),
        })),
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
            FunctionName: { Ref: 'Consumer' },
            BatchSize: 10,
            FunctionResponseTypes: ['ReportBatchItemFailures'],
          },
        },
      },
      { queueUrl: { Ref: 'Queue' }, dead: { Ref: 'Dead' } },
    );
    return {
      send: async (MessageBody) =>
        void (await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }))),
      until: untilTrue,
      deadLetters: contentsOf(dead),
      now: Date.now,
    };
  });
});

describe.concurrent('the deployed state machines', () => {
  testStateMachines(
    async (): Promise<StateMachinesUnderTest> => {
      let handled: FunctionHandler = () => ({});
      const roleArn = 'arn:aws:iam::000000000000:role/conformance';
      const {
        queueUrl = '',
        functionArn = '',
        otherMachineArn = '',
      } = await deploy(
        {
          Queue: { Type: 'AWS::SQS::Queue' },
          Function: await functionOf((input) => handled(input)),
          Other: {
            Type: 'AWS::StepFunctions::StateMachine',
            Properties: {
              RoleArn: roleArn,
              DefinitionString: JSON.stringify({ StartAt: 'Done', States: { Done: { Type: 'Succeed' } } }),
            },
          },
        },
        {
          queueUrl: { Ref: 'Queue' },
          functionArn: { 'Fn::GetAtt': ['Function', 'Arn'] },
          otherMachineArn: { Ref: 'Other' },
        },
      );
      return {
        queueUrl,
        missingQueueUrl: `${queueUrl}-absent`,
        functionArn,
        otherMachineArn,
        setHandler: (handle) => void (handled = handle),
        now: () => Date.now() / 1000,
        sleep: (seconds) => wait(seconds * 1000),
        async run(definition, input) {
          const { stateMachineArn } = await sfn.send(
            new CreateStateMachineCommand({
              name: `conformance-${randomUUID()}`,
              definition: JSON.stringify(definition),
              roleArn,
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
        async takeSentBodies() {
          const { Messages = [] } = await sqs.send(
            new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
          );
          for (const { ReceiptHandle } of Messages)
            await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
          return Messages.map(({ Body = '' }) => JSON.parse(Body) as unknown);
        },
      };
    },
    // The emulator ignores MaxDelaySeconds and shortens all waits. It gives all errors of a function the same name.
    { limitsDelay: false, namesErrors: false },
  );
});
