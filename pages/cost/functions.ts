/**
 * Loads the Lambda functions into this process by their deployed entry points. Simulated AWS clients respond to their calls and count them.
 * Each call advances a simulated clock by its assumed duration. So the time from the start to the end of an invocation is its billed duration.
 */
import { KMSClient } from '@aws-sdk/client-kms';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEvent, APIGatewayRequestAuthorizerEvent, Context } from 'aws-lambda';
import type { ReplayTask } from '../../lambdas/core/commands.ts';
import type { DeliverInput, DeliveryGroup } from '../../lambdas/core/deliveries.ts';
import { ENV } from '../../lambdas/core/env.ts';
import { DELIVER_TIMEOUT_SECONDS } from '../../lib/deliver-machine.ts';
import { assumed } from './assumptions.ts';
import type { Deployment } from './deployment.ts';
import { Meter } from './meter.ts';
import { Receiver } from './receiver.ts';
import { countingTable } from './table.ts';
import { HANDLER_ENV } from '../../sim/handler-env.ts';

/** Values with the same length as in Lambda, because they determine the size of a log line. */
const ENVIRONMENT = {
  // Lambda uses UTC, and a log line contains the time.
  TZ: 'UTC',
  ...HANDLER_ENV,
  [ENV.allowInsecureEndpoints]: 'true',
  [ENV.metricsNamespace]: 'IvyMail/Stack',
  _X_AMZN_TRACE_ID: 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0',
};
const CONTEXT = {
  awsRequestId: '5c1d3ae5-2a27-4b5e-9d43-3a2f1d1c0b0a',
  functionName: 'IvyMailEvents-IvyApiFunction5C1D3AE5-mK8qWz3Xv1Yt',
  functionVersion: '$LATEST',
  invokedFunctionArn:
    'arn:aws:lambda:us-east-1:000000000000:function:IvyMailEvents-IvyApiFunction5C1D3AE5-mK8qWz3Xv1Yt',
  memoryLimitInMB: '1024',
} as unknown as Context;

interface Command {
  readonly input: Readonly<Record<string, unknown>>;
}

function mockClient(client: { readonly prototype: object }, handle: (command: Command) => unknown): void {
  Object.assign(client.prototype, { send: async (command: Command) => handle(command) });
}

/** An execution that a function started. */
export interface StartedExecution {
  readonly machine: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Loads a deployment with an empty table. `started` collects the executions that the functions start. */
export async function loadFunctions(deployment: Deployment) {
  const meter = new Meter(deployment);
  const table = countingTable(meter.count);
  const receiver = new Receiver(meter);
  await receiver.start();
  const started: StartedExecution[] = [];
  let emails = 0;

  Object.assign(process.env, ENVIRONMENT);
  const timedCall = (handle: (command: Command) => unknown, ms?: number) => {
    return (command: Command): unknown => {
      meter.callAws(ms);
      return handle(command);
    };
  };
  mockClient(
    DynamoDBDocumentClient,
    timedCall((command) => table.client.send(command as never)),
  );
  mockClient(
    KMSClient,
    timedCall(({ input }) => {
      meter.count('kms.request');
      return { Plaintext: input['CiphertextBlob'], CiphertextBlob: input['Plaintext'] };
    }),
  );
  mockClient(
    SESv2Client,
    timedCall(() => {
      meter.count('ses.email');
      emails += 1;
      return {
        MessageId: `0100019c${emails.toString(16).padStart(8, '0')}-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000`,
      };
    }, assumed('sesMs')),
  );
  mockClient(
    SFNClient,
    timedCall(({ input }) => {
      started.push({
        machine: String(input['stateMachineArn']).split(':').at(-1) ?? '',
        input: JSON.parse(String(input['input'])) as StartedExecution['input'],
      });
      return {};
    }),
  );

  // The entry points keep a reference to the function. A constant jitter makes the usage the same in each run.
  const { random } = Math;
  Math.random = () => 0.5;
  const [api, authorizer, deliver, dispatch, ingest, recover, tally] = await Promise.all([
    import('../../lambdas/handlers/api.ts'),
    import('../../lambdas/handlers/authorizer.ts'),
    import('../../lambdas/handlers/deliver.ts'),
    import('../../lambdas/handlers/dispatch.ts'),
    import('../../lambdas/handlers/ingest.ts'),
    import('../../lambdas/handlers/recover.ts'),
    import('../../lambdas/handlers/tally.ts'),
  ]);
  Math.random = random;
  return {
    deployment,
    meter,
    table,
    receiver,
    started,
    api: (event: APIGatewayProxyEvent) =>
      meter.invoke('api', assumed('requestMs'), () => api.handler(event, CONTEXT)),
    authorizer: (event: APIGatewayRequestAuthorizerEvent) =>
      meter.invoke('authorizer', 0, () => authorizer.handler(event)),
    deliver: (input: DeliverInput & { readonly group: DeliveryGroup }) => {
      const endMs = meter.nowMs + DELIVER_TIMEOUT_SECONDS * 1000;
      const context = { getRemainingTimeInMillis: () => endMs - meter.nowMs };
      const cpuMs = input.group.tasks.length * assumed('deliveryMs');
      return meter.invoke('deliver', cpuMs, () => deliver.handler(input, context));
    },
    dispatch: (batch: Parameters<typeof dispatch.handler>[0]) =>
      meter.invoke('dispatch', batch.Records.length * assumed('recordMs'), () => dispatch.handler(batch)),
    ingest: (batch: Parameters<typeof ingest.handler>[0]) =>
      meter.invoke('ingest', batch.Records.length * assumed('recordMs'), () => ingest.handler(batch)),
    recover: (task: ReplayTask) => meter.invoke('recover', assumed('recordMs'), () => recover.handler(task)),
    tally: (batch: Parameters<typeof tally.handler>[0]) =>
      meter.invoke('tally', (batch.Records?.length ?? 0) * assumed('recordMs'), () =>
        tally.handler(batch, { getRemainingTimeInMillis: () => 60_000 }),
      ),
    stop(): void {
      receiver.stop();
      meter.stop();
    },
  };
}

export type Functions = Awaited<ReturnType<typeof loadFunctions>>;
