/**
 * Loads the Lambda functions into this process by their deployed entry points. Simulated AWS clients respond to their calls and count them.
 * Each call advances a simulated clock by its assumed duration. So the time from the start to the end of an invocation is its billed duration.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { KMSClient } from '@aws-sdk/client-kms';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEvent, APIGatewayRequestAuthorizerEvent, Context } from 'aws-lambda';
import { ENV } from '../../lambdas/core/env.ts';
import { assumed } from './assumptions.ts';
import type { Deployment, FunctionName } from './deployment.ts';
import type { Item, Usage } from './prices.ts';
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

/** Node loads the entry points once, and their caches live for some minutes. So each deployment starts a day later, with expired caches. */
const START_MS = Date.parse('2026-11-02T08:00:00Z');
const DAY_MS = 86_400_000;
let loads = 0;

export const GB_BYTES = 1e9;

interface Command {
  readonly input: Readonly<Record<string, unknown>>;
}

function mockClient(client: { readonly prototype: object }, handle: (command: Command) => unknown): void {
  Object.assign(client.prototype, { send: async (command: Command) => handle(command) });
}

/** One clock for all deployments, because the entry points keep a reference to the `Date.now` of their load. */
const clock = { nowMs: START_MS };
const realNow = Date.now;
const now = (): number => Math.floor(clock.nowMs);

/** Counts the billed usage, and controls the simulated clock. */
export class Meter {
  private counted = new Map<Item, number>();
  private isRunning = false;
  private logBytes = 0;
  private readonly write = process.stdout.write.bind(process.stdout);

  constructor(private readonly deployment: Deployment) {
    clock.nowMs = START_MS + (loads += 1) * DAY_MS;
    Date.now = now;
    process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      // The output of a function while it runs is its log.
      if (!this.isRunning) return this.write(chunk, ...rest);
      this.logBytes += Buffer.byteLength(chunk);
      return true;
    };
  }

  get nowMs(): number {
    return clock.nowMs;
  }

  set nowMs(nowMs: number) {
    clock.nowMs = nowMs;
  }

  readonly count = (item: Item, quantity = 1): void => {
    this.counted.set(item, (this.counted.get(item) ?? 0) + quantity);
  };

  /** Returns the usage since the last call, and resets the counts. */
  takeUsage(): Usage {
    const usage = this.counted;
    this.counted = new Map();
    return usage;
  }

  /** Runs one invocation with this number of records. */
  async invoke<T>(name: FunctionName, records: number, run: () => Promise<T>): Promise<T> {
    const startMs = this.nowMs;
    this.nowMs += records * assumed('recordMs');
    this.isRunning = true;
    const result = await run();
    this.isRunning = false;
    const seconds = Math.max(1, Math.ceil(this.nowMs - startMs)) / 1000;
    this.count('lambda.request');
    this.count('lambda.gbSecond', (seconds * this.deployment.memoryMb[name]) / 1024);
    this.count('cloudwatch.logs', this.logBytes / GB_BYTES);
    this.count('cloudwatch.logStorage', (this.logBytes / GB_BYTES) * assumed('logMonths'));
    this.logBytes = 0;
    return result;
  }

  /** Restores the clock and the output of the process. */
  stop(): void {
    process.stdout.write = this.write;
    Date.now = realNow;
  }
}

/** Starts a webhook receiver. It counts the received bytes, and responds with 500 while `shouldFail` returns true. */
async function startReceiver(meter: Meter) {
  const state = { received: 0, shouldFail: () => false };
  const server = createServer((request, response) => {
    const { headers, rawHeaders } = request;
    // The request line, each header with its separator and line break, and the body.
    const headerBytes = rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, 0);
    const bytes = 'POST /hook HTTP/1.1\r\n\r\n'.length + headerBytes + Number(headers['content-length']);
    meter.count('egress', (bytes + assumed('tlsBytes')) / GB_BYTES);
    meter.nowMs += assumed('receiverMs');
    state.received += 1;
    request.resume().on('end', () => response.writeHead(state.shouldFail() ? 500 : 200).end('ok'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    close(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Loads a deployment with an empty table. `startedInputs` collects the input of every execution that dispatch starts. */
export async function loadFunctions(deployment: Deployment) {
  const meter = new Meter(deployment);
  const table = countingTable(meter.count);
  const receiver = await startReceiver(meter);
  const startedInputs: string[] = [];
  let emails = 0;

  Object.assign(process.env, ENVIRONMENT);
  const timedCall = (handle: (command: Command) => unknown, ms = assumed('awsCallMs')) => {
    return (command: Command): unknown => {
      meter.nowMs += ms;
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
      startedInputs.push(String(input['input']));
      return {};
    }),
  );

  const [api, authorizer, deliver, dispatch, ingest, tally] = await Promise.all([
    import('../../lambdas/handlers/api.ts'),
    import('../../lambdas/handlers/authorizer.ts'),
    import('../../lambdas/handlers/deliver.ts'),
    import('../../lambdas/handlers/dispatch.ts'),
    import('../../lambdas/handlers/ingest.ts'),
    import('../../lambdas/handlers/tally.ts'),
  ]);
  return {
    deployment,
    meter,
    table,
    receiver,
    startedInputs,
    api: (event: APIGatewayProxyEvent) =>
      meter.invoke('api', 0, () => {
        meter.nowMs += assumed('requestMs');
        return api.handler(event, CONTEXT);
      }),
    authorizer: (event: APIGatewayRequestAuthorizerEvent) =>
      meter.invoke('authorizer', 0, () => authorizer.handler(event)),
    deliver: (input: Parameters<typeof deliver.handler>[0]) =>
      meter.invoke('deliver', 1, () => deliver.handler(input)),
    dispatch: (batch: Parameters<typeof dispatch.handler>[0]) =>
      meter.invoke('dispatch', batch.Records.length, () => dispatch.handler(batch)),
    ingest: (batch: Parameters<typeof ingest.handler>[0]) =>
      meter.invoke('ingest', batch.Records.length, () => ingest.handler(batch)),
    tally: (batch: Parameters<typeof tally.handler>[0]) =>
      meter.invoke('tally', batch.Records?.length ?? 0, () => tally.handler(batch)),
    stop(): void {
      receiver.close();
      meter.stop();
    },
  };
}

export type Functions = Awaited<ReturnType<typeof loadFunctions>>;
