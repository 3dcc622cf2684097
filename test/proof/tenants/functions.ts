/** Loads the seven Lambda functions into this process by their deployed entry points. Mocks of the AWS clients respond to their calls. */
import { KMSClient } from '@aws-sdk/client-kms';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyResult,
  APIGatewayRequestAuthorizerEvent,
  Context,
} from 'aws-lambda';
import { vi } from 'vitest';
import { ENV } from '../../../lambdas/core/env.ts';
import { apiGatewayEvent } from '../../../sim/builders/lambda-events.ts';
import { simulatedKms } from '../../../sim/kms.ts';
import { simulatedTable } from '../../../sim/table.ts';

export const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:topic';

const ENVIRONMENT: Readonly<Record<string, string>> = {
  AWS_REGION: 'us-east-1',
  [ENV.tableName]: 'table',
  [ENV.retentionDays]: '90',
  [ENV.topicArn]: TOPIC_ARN,
  [ENV.configurationSet]: 'IvyMailEvents',
  [ENV.secretsKeyArn]: 'arn:aws:kms:us-east-1:000000000000:key/1',
  [ENV.deliverMachineArn]: 'arn:aws:states:us-east-1:000000000000:stateMachine:deliver',
  [ENV.metricsNamespace]: 'IvyMail/Stack',
  [ENV.recoverMachineArn]: 'arn:aws:states:us-east-1:000000000000:stateMachine:recover',
  [ENV.dispatchDeadLettersUrl]: 'http://127.0.0.1/poison',
  [ENV.allowInsecureEndpoints]: 'true',
  [ENV.retry]: JSON.stringify({ firstDelaySeconds: 60, factor: 5, count: 3 }),
  [ENV.reputation]: JSON.stringify({ pauseConfigurationSet: true }),
  [ENV.alarmTopicArn]: 'arn:aws:sns:us-east-1:000000000000:alarms',
  [ENV.autoSuppress]: JSON.stringify({ hardBounces: true, violations: true }),
};

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}
type CommandHandler = (command: Command) => unknown;

const CLIENTS = {
  dynamodb: DynamoDBDocumentClient,
  kms: KMSClient,
  ses: SESv2Client,
  sfn: SFNClient,
  sns: SNSClient,
  sqs: SQSClient,
};
export type Service = keyof typeof CLIENTS;

function mockClient(service: Service, handle: CommandHandler): void {
  const send = vi.spyOn(CLIENTS[service].prototype as unknown as { send: CommandHandler }, 'send');
  send.mockImplementation(async (command) => handle(command));
}

export interface Request {
  readonly method?: string;
  /** The path of the URL, percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The API receives an object as JSON. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly workspaceId: string;
}

/** The event that API Gateway passes to the function. */
function gatewayEvent({
  method = 'GET',
  path,
  query,
  body,
  headers,
  workspaceId,
}: Request): APIGatewayProxyEvent {
  return apiGatewayEvent({
    method,
    path,
    query,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'object' ? JSON.stringify(body) : (body ?? null),
    authorizer: { workspace_id: workspaceId, key_id: 'key_asking', scopes: 'admin' },
  });
}

/** The second argument of a handler. */
const CONTEXT = {
  awsRequestId: '5c1d3ae5-2a27-4b5e-9d43-3a2f1d1c0b0a',
  functionName: 'ivymail',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:ivymail',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 45_000,
} as unknown as Context;

/** Loads new instances of the functions, with more environment variables. Call `unloadFunctions` afterwards. */
export async function loadFunctions(environment: Readonly<Record<string, string>> = {}) {
  for (const [name, value] of Object.entries({ ...ENVIRONMENT, ...environment })) vi.stubEnv(name, value);
  vi.resetModules();
  const table = simulatedTable();
  const emails: Command[] = [];
  /** `errorFor` runs before each call to AWS. If it returns an error, the call is rejected with this error. */
  const aws: { errorFor: (service: Service, name: string, input: object) => Error | undefined } = {
    errorFor: () => undefined,
  };
  const kms = simulatedKms();
  const handlers: Readonly<Record<Service, CommandHandler>> = {
    dynamodb: (command) => table.client.send(command as never),
    kms: (command) => kms.client.send(command as never),
    ses: (command) => ({ MessageId: `0100019c-${emails.push(command)}` }),
    sfn: () => ({}),
    sns: () => ({}),
    sqs: () => ({}),
  };
  for (const service of Object.keys(handlers) as Service[])
    mockClient(service, (command) => {
      const error = aws.errorFor(service, command.constructor.name, command.input);
      if (error) throw error;
      return handlers[service](command);
    });

  const [api, authorizer, deliver, dispatch, ingest, recover, tally] = await Promise.all([
    import('../../../lambdas/handlers/api.ts'),
    import('../../../lambdas/handlers/authorizer.ts'),
    import('../../../lambdas/handlers/deliver.ts'),
    import('../../../lambdas/handlers/dispatch.ts'),
    import('../../../lambdas/handlers/ingest.ts'),
    import('../../../lambdas/handlers/recover.ts'),
    import('../../../lambdas/handlers/tally.ts'),
  ]);
  return {
    table,
    aws,
    api: (request: Request): Promise<APIGatewayProxyResult> => api.handler(gatewayEvent(request), CONTEXT),
    authorizer: (headers: Readonly<Record<string, string>>) =>
      authorizer.handler({
        type: 'REQUEST',
        methodArn: 'arn:aws:execute-api:us-east-1:000000000000:api1/prod/GET/v1/send/logs',
        headers,
      } as unknown as APIGatewayRequestAuthorizerEvent),
    deliver: (input: Parameters<typeof deliver.handler>[0]) => deliver.handler(input, CONTEXT),
    dispatch: dispatch.handler,
    ingest: ingest.handler,
    recover: recover.handler,
    tally: (batch: Parameters<typeof tally.handler>[0]) => tally.handler(batch, CONTEXT),
  };
}

export type Functions = Awaited<ReturnType<typeof loadFunctions>>;

export function unloadFunctions(): void {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
}
