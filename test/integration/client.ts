import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { inject } from 'vitest';
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
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of many shapes
  readonly body: any;
}

export async function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${stack.base_url}${path}`, {
    method,
    headers: {
      'x-api-key': stack.api_key,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
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

const PATIENCE_MS = 90_000;
const POLL_MS = 100;

/** Waits for a state of the outside world; `undefined` from `look` means not yet. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- polling
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1000} s in vain for ${what}`);
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
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
export function logsOf(messageId: string, count: number): Promise<LogEntry[]> {
  return until(`${count} log entries of ${messageId}`, async () => {
    const answer = await api('GET', `/v1/send/logs?limit=100&message_id=${encodeURIComponent(messageId)}`);
    return answer.body.data.length >= count ? answer.body.data : undefined;
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
  behave(behaviour: Record<string, unknown>): Promise<void>;
  requests(count: number, about?: string): Promise<HookRequest[]>;
  /** Requests by now, without waiting. */
  seen(about?: string): Promise<HookRequest[]>;
  remove(): Promise<void>;
}

export async function createHook(events: readonly string[] = ['*']): Promise<Hook> {
  const name = `test-${randomUUID()}`;
  const url = `${stack.inbox_url}/hooks/${name}`;
  const created = await api('POST', '/v1/webhooks', { url, events });
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
    behave,
    seen,
    requests: (count, about) =>
      until(`${count} requests at ${name}`, async () => {
        const requests = await seen(about);
        return requests.length >= count ? requests : undefined;
      }),
    async remove() {
      await api('DELETE', `/v1/webhooks/${created.body.id}`);
    },
  };
}

/** The delivery of an endpoint about one message, once its status is one of these. */
export function delivery(
  hook: Hook,
  messageId: string,
  statuses: readonly string[],
): Promise<Record<string, unknown>> {
  return until(`a delivery of ${messageId} that is ${statuses.join(' or ')}`, async () => {
    const answer = await api('GET', `/v1/webhooks/${hook.endpointId}/deliveries?limit=100`);
    return answer.body.data.find(
      (each: { message_id: string; status: string }) =>
        each.message_id === messageId && statuses.includes(each.status),
    );
  });
}
