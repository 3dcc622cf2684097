/** The seven functions as they are deployed, in this process: their own entries, with AWS answered here. */
import { KMSClient } from '@aws-sdk/client-kms';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SFNClient } from '@aws-sdk/client-sfn';
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
  [ENV.poisonQueueUrl]: 'http://127.0.0.1/poison',
  [ENV.allowInsecureEndpoints]: 'true',
  [ENV.retry]: JSON.stringify({ firstDelaySeconds: 60, factor: 5, count: 3 }),
  [ENV.autoSuppress]: JSON.stringify({ hardBounces: true, complaints: true }),
};

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}
type Answer = (command: Command) => unknown;

const CLIENTS = {
  dynamodb: DynamoDBDocumentClient,
  kms: KMSClient,
  ses: SESv2Client,
  sfn: SFNClient,
  sqs: SQSClient,
};
export type Service = keyof typeof CLIENTS;

function answerBy(service: Service, answer: Answer): void {
  const send = vi.spyOn(CLIENTS[service].prototype as unknown as { send: Answer }, 'send');
  send.mockImplementation(async (command) => answer(command));
}

export interface Request {
  readonly method?: string;
  /** As it stands in the address. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly workspaceId: string;
}

/** As API Gateway hands it to the function. */
function eventOf({ method = 'GET', path, query, body, headers, workspaceId }: Request): APIGatewayProxyEvent {
  return apiGatewayEvent({
    method,
    path,
    query,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'object' ? JSON.stringify(body) : (body ?? null),
    authorizer: { workspace_id: workspaceId, key_id: 'key_asking', scopes: 'admin' },
  });
}

/** What Lambda hands over besides the event. */
const CONTEXT = {
  awsRequestId: '5c1d3ae5-2a27-4b5e-9d43-3a2f1d1c0b0a',
  functionName: 'ivymail',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:ivymail',
  memoryLimitInMB: '512',
} as unknown as Context;

/** Loads them anew, with these variables beside their own; until `unloadFunctions`. */
export async function loadFunctions(environment: Readonly<Record<string, string>> = {}) {
  for (const [name, value] of Object.entries({ ...ENVIRONMENT, ...environment })) vi.stubEnv(name, value);
  vi.resetModules();
  const table = simulatedTable();
  const mails: Command[] = [];
  /** Asked before each call; what it gives is what the caller is rejected with. */
  const aws: { fault: (service: Service, name: string, input: object) => Error | undefined } = {
    fault: () => undefined,
  };
  const kms = simulatedKms();
  const answers: Readonly<Record<Service, Answer>> = {
    dynamodb: (command) => table.client.send(command as never),
    kms: (command) => kms.client.send(command as never),
    ses: (command) => ({ MessageId: `0100019c-${mails.push(command)}` }),
    sfn: () => ({}),
    sqs: () => ({}),
  };
  for (const service of Object.keys(answers) as Service[])
    answerBy(service, (command) => {
      const fault = aws.fault(service, command.constructor.name, command.input);
      if (fault) throw fault;
      return answers[service](command);
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
    api: (request: Request): Promise<APIGatewayProxyResult> => api.handler(eventOf(request), CONTEXT),
    authorizer: (headers: Readonly<Record<string, string>>) =>
      authorizer.handler({
        type: 'REQUEST',
        methodArn: 'arn:aws:execute-api:us-east-1:000000000000:api1/prod/GET/v1/send/logs',
        headers,
      } as unknown as APIGatewayRequestAuthorizerEvent),
    deliver: deliver.handler,
    dispatch: dispatch.handler,
    ingest: ingest.handler,
    recover: recover.handler,
    tally: tally.handler,
  };
}

export type Functions = Awaited<ReturnType<typeof loadFunctions>>;

export function unloadFunctions(): void {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
}
