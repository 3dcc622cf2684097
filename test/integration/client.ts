import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { inject } from 'vitest';
import { findDeployment, type Deployment } from '../../admin/deployment.ts';
import { keyCreate } from '../../admin/keys.ts';
import { workspaceCreate } from '../../admin/workspaces.ts';
import { until } from '../time.ts';

export { until } from '../time.ts';
import { createTable, type Table } from '../../lambdas/store/table.ts';

export const stack = inject('stack');

const aws = {
  endpoint: stack.aws_endpoint_url,
  region: stack.region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};

export const table: Table = createTable(stack.table_name, new DynamoDBClient(aws));
const sns = new SNSClient(aws);

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read responses of many shapes
  readonly body: any;
}

export type Api = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<ApiResponse>;

/** A client of the API with this key, or without a key. */
export function apiOf(apiKey?: string): Api {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${stack.base_url}${path}`, {
      method,
      headers: {
        ...(apiKey !== undefined && { 'x-api-key': apiKey }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
}

/** A client with the first key of the default workspace. */
export const api = apiOf(stack.api_key);

/** A workspace for one test. Events of other tests do not appear in it and are not sent to its webhooks. */
export interface Tenant {
  readonly id: string;
  readonly api: Api;
  readonly apiKey: string;
}

let deployment: Promise<Deployment> | undefined;

export async function newTenant(name: string): Promise<Tenant> {
  deployment ??= findDeployment({ stack: 'IvyMailEvents', localRun: stack });
  const created = await workspaceCreate(await deployment, { name });
  const { id } = created.result as { id: string };
  const { result } = await keyCreate(await deployment, { workspace: id, name, scopes: 'admin' });
  const { api_key: apiKey } = result as { api_key: string };
  return { id, api: apiOf(apiKey), apiKey };
}

/** Sends an email to `success@` of the mailbox simulator. Returns the message id. */
export async function sendEmail(client: Api, changes: Record<string, unknown> = {}): Promise<string> {
  const email = {
    from: stack.from,
    to: ['success@simulator.amazonses.com'],
    subject: 'Hello',
    text: 'Hello.',
  };
  const response = await client('POST', '/v1/send', { ...email, ...changes });
  if (response.status !== 202) throw new Error(`Cannot send: ${response.text}`);
  return response.body.message_id;
}

/** The calls of one operation of SES so far. */
export async function sesCalls(operation: string): Promise<readonly { readonly status: number }[]> {
  const response = await fetch(`${stack.ses_endpoint_url}/_simulator/calls`);
  const { calls } = (await response.json()) as { calls: { operation: string; status: number }[] };
  return calls.filter((call) => call.operation === operation);
}

/** The number of SendEmail calls, and how many of them succeeded. */
export async function sesSends(): Promise<{ readonly requested: number; readonly sent: number }> {
  const sends = await sesCalls('SendEmail');
  return { requested: sends.length, sent: sends.filter((call) => call.status === 200).length };
}

/** Publishes a message to the topic in the form that SES uses. */
export async function publish(message: unknown): Promise<void> {
  await sns.send(
    new PublishCommand({
      TopicArn: stack.topic_arn,
      Subject: 'Amazon SES Email Event Notification',
      Message: typeof message === 'string' ? message : `${JSON.stringify(message)}\n`,
    }),
  );
}

/** Requests in progress at once. The emulator starts one process for each. */
const CONCURRENCY = 4;

/** Makes one request for each item, a few at once. The results have the order of the items. */
export async function requestEach<T, U>(
  items: readonly T[],
  request: (item: T) => Promise<U>,
): Promise<readonly U[]> {
  const results: U[] = [];
  for (let index = 0; index < items.length; index += CONCURRENCY)
    results.push(...(await Promise.all(items.slice(index, index + CONCURRENCY).map(request))));
  return results;
}

export interface LogEntry {
  readonly event_id: string;
  readonly message_id: string;
  readonly to?: string;
  readonly status: string;
  readonly type: string;
  readonly timestamp: string;
  readonly error?: Record<string, string>;
}

/** The log entries of one message, as soon as there are at least `count`. */
export function logsOf(messageId: string, count: number, client = api): Promise<LogEntry[]> {
  return until(`${count} log entries of ${messageId}`, async () => {
    const response = await client(
      'GET',
      `/v1/send/logs?limit=100&message_id=${encodeURIComponent(messageId)}`,
    );
    // An overloaded machine may respond with an error first. The next poll reads the log.
    return response.body?.data?.length >= count ? response.body.data : undefined;
  });
}

export interface HookRequest {
  readonly name: string;
  readonly time: string;
  readonly headers: Record<string, string>;
  readonly raw_body: string;
  readonly verified: boolean | null;
  readonly status: number;
}

/** A receiver in the local inbox for one test, registered as a webhook endpoint for the given events. */
export interface Hook {
  readonly endpointId: string;
  readonly secret: string;
  readonly url: string;
  /** A client of the workspace that owns the endpoint. */
  readonly api: Api;
  behave(behavior: Record<string, unknown>): Promise<void>;
  requests(count: number, about?: string): Promise<HookRequest[]>;
  /** The requests received so far, without waiting. */
  seen(about?: string): Promise<HookRequest[]>;
  remove(): Promise<void>;
}

export async function createHook(events: readonly string[] = ['*'], client = api): Promise<Hook> {
  const name = `test-${randomUUID()}`;
  const url = `${stack.inbox_url}/hooks/${name}`;
  const created = await client('POST', '/v1/webhooks', { url, events });
  if (created.status !== 201) throw new Error(`Cannot create a webhook: ${JSON.stringify(created.body)}`);

  async function behave(behavior: Record<string, unknown>): Promise<void> {
    await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ secret: created.body.secret, ...behavior }),
    });
  }
  async function seen(about?: string): Promise<HookRequest[]> {
    const response = await fetch(`${stack.inbox_url}/requests?name=${name}`);
    const { requests } = (await response.json()) as { requests: HookRequest[] };
    return requests.filter((request) => about === undefined || request.raw_body.includes(about));
  }
  await behave({});
  return {
    endpointId: created.body.id,
    secret: created.body.secret,
    url,
    api: client,
    behave,
    seen,
    requests: (count, about) =>
      until(`${count} requests at ${name}`, async () => {
        const requests = await seen(about);
        return requests.length >= count ? requests : undefined;
      }),
    async remove() {
      await client('DELETE', `/v1/webhooks/${created.body.id}`);
    },
  };
}

/** An endpoint's delivery of one message, as soon as it has one of these statuses. */
export function delivery(
  { api: client, endpointId }: Pick<Hook, 'api' | 'endpointId'>,
  messageId: string,
  statuses: readonly string[],
): Promise<Record<string, unknown>> {
  return until(`a delivery of ${messageId} that is ${statuses.join(' or ')}`, async () => {
    const response = await client('GET', `/v1/webhooks/${endpointId}/deliveries?limit=100`);
    return response.body?.data?.find(
      (each: { message_id: string; status: string }) =>
        each.message_id === messageId && statuses.includes(each.status),
    );
  });
}

/** The shortest and the longest wait after the nth attempt, jitter included, by the retry settings that the API reports. */
export async function scheduledWaitsMs(): Promise<
  (attempt: number) => { readonly shortestMs: number; readonly longestMs: number }
> {
  const { body } = await api('GET', '/v1/workspace');
  const { first_delay_seconds: first, factor } = body.retry as {
    readonly first_delay_seconds: number;
    readonly factor: number;
  };
  return (attempt) => {
    const withoutJitter = first * factor ** (attempt - 1);
    // Whole seconds, at least one.
    const [shortestMs = 0, longestMs = 0] = [0.8, 1.2].map(
      (jitter) => Math.max(1, Math.round(withoutJitter * jitter)) * 1000,
    );
    return { shortestMs, longestMs };
  };
}
