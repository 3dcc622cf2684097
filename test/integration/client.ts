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

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of many shapes
  readonly body: any;
}

export type Api = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

/** The API as the holder of a key asks it, or somebody without. */
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

/** As the first key of the default workspace. */
export const api = apiOf(stack.api_key);

/** A workspace of its own: what the other tests do is neither seen in it nor sent to its webhooks. */
export interface Tenant {
  readonly id: string;
  readonly api: Api;
  readonly apiKey: string;
}

let deployment: Promise<Deployment> | undefined;

export async function newTenant(name: string): Promise<Tenant> {
  deployment ??= findDeployment({ stack: 'IvyMailEvents', running: stack });
  const made = await workspaceCreate(await deployment, { name });
  const { id } = made.result as { id: string };
  const { result } = await keyCreate(await deployment, { workspace: id, name, scopes: 'admin' });
  const { api_key: apiKey } = result as { api_key: string };
  return { id, api: apiOf(apiKey), apiKey };
}

/** Sends to the mailbox simulator, whose `success@` takes it; gives the message id. */
export async function sendMail(ask: Api, changes: Record<string, unknown> = {}): Promise<string> {
  const mail = {
    from: stack.from,
    to: ['success@simulator.amazonses.com'],
    subject: 'Hello',
    text: 'Hello.',
  };
  const answer = await ask('POST', '/v1/send', { ...mail, ...changes });
  if (answer.status !== 202) throw new Error(`Cannot send: ${answer.text}`);
  return answer.body.message_id;
}

/** How often SES was asked to send, and how often it did. */
export async function sesSends(): Promise<{ readonly asked: number; readonly sent: number }> {
  const response = await fetch(`${stack.ses_endpoint_url}/_simulator/calls`);
  const { calls } = (await response.json()) as { calls: { operation: string; status: number }[] };
  const sends = calls.filter((call) => call.operation === 'SendEmail');
  return { asked: sends.length, sent: sends.filter((call) => call.status === 200).length };
}

/** Publishes to the topic as SES would. */
export async function publish(message: unknown): Promise<void> {
  await sns.send(
    new PublishCommand({
      TopicArn: stack.topic_arn,
      Subject: 'Amazon SES Email Event Notification',
      Message: typeof message === 'string' ? message : `${JSON.stringify(message)}\n`,
    }),
  );
}

/** The emulator starts a process for each call that is under way. */
const AT_ONCE = 4;

/** Asks about each, a few at once. */
export async function askEach<T, U>(
  items: readonly T[],
  ask: (item: T) => Promise<U>,
): Promise<readonly U[]> {
  const told: U[] = [];
  for (let index = 0; index < items.length; index += AT_ONCE)
    told.push(...(await Promise.all(items.slice(index, index + AT_ONCE).map(ask))));
  return told;
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

/** The log of one message, as soon as it holds so many entries. */
export function logsOf(messageId: string, count: number, ask = api): Promise<LogEntry[]> {
  return until(`${count} log entries of ${messageId}`, async () => {
    const answer = await ask('GET', `/v1/send/logs?limit=100&message_id=${encodeURIComponent(messageId)}`);
    // A machine that is overloaded answers with an error, and later with the log.
    return answer.body?.data?.length >= count ? answer.body.data : undefined;
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

/** An inbox hook of its own for one test, registered as an endpoint that wants the given events. */
export interface Hook {
  readonly endpointId: string;
  readonly secret: string;
  readonly url: string;
  /** As its owner asks. */
  readonly api: Api;
  behave(behaviour: Record<string, unknown>): Promise<void>;
  requests(count: number, about?: string): Promise<HookRequest[]>;
  /** Requests by now, without waiting. */
  seen(about?: string): Promise<HookRequest[]>;
  remove(): Promise<void>;
}

export async function createHook(events: readonly string[] = ['*'], ask = api): Promise<Hook> {
  const name = `test-${randomUUID()}`;
  const url = `${stack.inbox_url}/hooks/${name}`;
  const created = await ask('POST', '/v1/webhooks', { url, events });
  if (created.status !== 201) throw new Error(`Cannot create a webhook: ${JSON.stringify(created.body)}`);

  async function behave(behaviour: Record<string, unknown>): Promise<void> {
    await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ secret: created.body.secret, ...behaviour }),
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
    api: ask,
    behave,
    seen,
    requests: (count, about) =>
      until(`${count} requests at ${name}`, async () => {
        const requests = await seen(about);
        return requests.length >= count ? requests : undefined;
      }),
    async remove() {
      await ask('DELETE', `/v1/webhooks/${created.body.id}`);
    },
  };
}

/** The delivery of an endpoint about one message, once its status is one of these. */
export function delivery(
  { api: ask, endpointId }: Pick<Hook, 'api' | 'endpointId'>,
  messageId: string,
  statuses: readonly string[],
): Promise<Record<string, unknown>> {
  return until(`a delivery of ${messageId} that is ${statuses.join(' or ')}`, async () => {
    const answer = await ask('GET', `/v1/webhooks/${endpointId}/deliveries?limit=100`);
    return answer.body?.data?.find(
      (each: { message_id: string; status: string }) =>
        each.message_id === messageId && statuses.includes(each.status),
    );
  });
}

/** The shortest and the longest wait after the nth attempt, jitter included, as the settings that the API shows say. */
export async function scheduledWaitsMs(): Promise<
  (attempt: number) => { readonly shortestMs: number; readonly longestMs: number }
> {
  const { body } = await api('GET', '/v1/workspace');
  const { first_delay_seconds: first, factor } = body.retry as {
    readonly first_delay_seconds: number;
    readonly factor: number;
  };
  return (attempt) => {
    const plain = first * factor ** (attempt - 1);
    // Whole seconds, at least one.
    const [shortestMs = 0, longestMs = 0] = [0.8, 1.2].map(
      (jitter) => Math.max(1, Math.round(plain * jitter)) * 1000,
    );
    return { shortestMs, longestMs };
  };
}
