/** A program that uses the generated client for every part of the API: no type assertion, and nothing typed as `any`. */
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.ts';

type WebhookEvent = components['schemas']['WebhookEvent'];

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

const client = createClient<paths>({
  baseUrl: environment('BASE_URL'),
  headers: { 'x-api-key': environment('API_KEY') },
});

/** Returns the data of a response. An error response throws an error with the code and message of the API. */
function dataOf<T>({ data, error }: { data?: T; error?: components['schemas']['ErrorResponse'] }): T {
  if (data !== undefined) return data;
  throw new Error(error ? `${error.error.code}: ${error.error.message} (${error.request_id})` : 'No body');
}

async function waitFor<T>(description: string, find: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Timed out waiting for ${description}`);
}

/** Describes an event in one line. The compiler checks the fields of each event, and that no event is missing. */
function describe(event: WebhookEvent): string {
  switch (event.event) {
    case 'bounced':
    case 'soft_bounced':
      return `${event.event}: ${event.bounce_type ?? '?'}, ${event.diagnostic_code ?? '?'}`;
    case 'complained':
      return `complained: ${event.feedback_type ?? '?'}`;
    case 'suppressed':
      return `suppressed: ${event.suppression_reason ?? '?'}`;
    case 'failed':
      return `failed: ${event.error_code ?? '?'}`;
    case 'delayed':
      return `delayed: ${event.delay_type ?? '?'}`;
    case 'opened':
      return `opened by ${event.user_agent ?? '?'}`;
    case 'clicked':
      return `clicked: ${event.link ?? '?'}`;
    case 'unsubscribed':
    case 'subscription_changed':
      return `${event.event}: ${(event.topics ?? []).map(({ name, status }) => `${name} ${status}`).join()}`;
    case 'reputation.warning':
    case 'reputation.paused':
    case 'reputation.resumed':
      return `${event.event}: ${event.reasons.map(({ metric, rate }) => `${metric} ${rate}`).join()}`;
    case 'sent':
    case 'delivered':
      return event.event;
    default: {
      const missing: never = event;
      return missing;
    }
  }
}

const hook = environment('HOOK_URL');
const workspace = dataOf(await client.GET('/v1/workspace'));

const created = dataOf(await client.POST('/v1/webhooks', { body: { url: hook, events: ['*'] } }));
const endpoint = { params: { path: { id: created.id } } };
const test = dataOf(await client.POST('/v1/webhooks/{id}/test', { ...endpoint, body: { event: 'clicked' } }));

const sent = dataOf(
  await client.POST('/v1/send', {
    params: { header: { 'idempotency-key': `example-${created.id}` } },
    body: {
      from: environment('FROM'),
      to: ['bounce@simulator.amazonses.com'],
      subject: 'Hello',
      text: 'Hello.',
      tags: { campaign: 'spring' },
    },
  }),
);

const bounce = await waitFor('the bounce in the log', async () => {
  const { data } = dataOf(
    await client.GET('/v1/send/logs', {
      params: { query: { message_id: sent.message_id, type: 'bounce', limit: 100 } },
    }),
  );
  return data[0];
});

/** Returns the statuses of the message, read page by page. */
async function statusesOf(messageId: string): Promise<readonly components['schemas']['EventName'][]> {
  const statuses: components['schemas']['EventName'][] = [];
  let query: { message_id: string; limit: number; cursor?: string } | undefined = {
    message_id: messageId,
    limit: 1,
  };
  while (query) {
    const page: components['schemas']['LogEntryList'] = dataOf(
      await client.GET('/v1/send/logs', { params: { query } }),
    );
    statuses.push(...page.data.map(({ status }) => status));
    query = page.next_cursor === null ? undefined : { ...query, cursor: page.next_cursor };
  }
  return statuses;
}
const statuses = await waitFor('both entries of the message', async () => {
  const found = await statusesOf(sent.message_id);
  return found.length > 1 ? found : undefined;
});

const csv = dataOf(
  await client.GET('/v1/send/logs/export', {
    params: { query: { format: 'csv', message_id: sent.message_id } },
    parseAs: 'text',
  }),
);

const timeline = dataOf(
  await client.GET('/v1/send/logs/{message_id}', {
    params: { path: { message_id: sent.message_id }, query: { raw: true } },
  }),
);

const delivered = await waitFor('a delivered webhook about the bounce', async () => {
  const { data } = dataOf(
    await client.GET('/v1/webhooks/{id}/deliveries', {
      params: { ...endpoint.params, query: { status: 'delivered' } },
    }),
  );
  return data.find(({ event }) => event === 'bounced');
});
const delivery = dataOf(await client.GET('/v1/deliveries/{id}', { params: { path: { id: delivered.id } } }));

const missed = dataOf(
  await client.POST('/v1/webhooks/{id}/recover', {
    ...endpoint,
    body: { since: created.created_at, dry_run: true },
  }),
);
const rotated = dataOf(
  await client.POST('/v1/webhooks/{id}/rotate-secret', { ...endpoint, body: { overlap_seconds: 60 } }),
);
const secret = dataOf(await client.GET('/v1/webhooks/{id}/secret', endpoint));
const paused = dataOf(
  await client.PATCH('/v1/webhooks/{id}', { ...endpoint, body: { status: 'paused', description: null } }),
);
const changes = dataOf(await client.GET('/v1/webhooks/{id}/changes', endpoint));
const endpoints = dataOf(await client.GET('/v1/webhooks'));
await client.DELETE('/v1/webhooks/{id}', endpoint);
const gone = await client.GET('/v1/webhooks/{id}', endpoint);

const address = 'ann+news@example.com';
const suppressed = dataOf(await client.POST('/v1/suppressions', { body: { address } }));
const found = dataOf(await client.GET('/v1/suppressions/{address}', { params: { path: { address } } }));
const removed = await client.DELETE('/v1/suppressions', { params: { query: { address } } });

const key = dataOf(await client.POST('/v1/api-keys', { body: { name: 'Example', scopes: ['read'] } }));
const keys = dataOf(await client.GET('/v1/api-keys'));
await client.DELETE('/v1/api-keys/{id}', { params: { path: { id: key.id } } });

const stats = dataOf(await client.GET('/v1/stats', { params: { query: { interval: 'day' } } }));

console.log(
  JSON.stringify({
    workspace: workspace.id,
    test: [test.attempt.status_code, describe(test.payload)],
    accepted: sent.accepted,
    bounce: [bounce.status, bounce.error?.bounce_type ?? null, bounce.tags?.['campaign'] ?? null],
    statuses: statuses.toSorted(),
    lines: csv.trim().split('\r\n').length,
    timeline: timeline.recipients.map(({ to, status }) => [to, status]),
    raw: (timeline.raw_events ?? []).length > 0,
    delivery: [delivery.status, delivery.attempts[0]?.status_code ?? null],
    payload: delivery.payload === null ? null : describe(delivery.payload),
    missed: [missed.recovery_id, missed.exact],
    rotated: rotated.secret === secret.secret && rotated.secret !== created.secret,
    paused: [paused.status, paused.description],
    changed: changes.data.some(({ action, by }) => action === 'paused' && by === workspace.key.id),
    endpoints: endpoints.data.length,
    gone: gone.error?.error.code ?? null,
    suppression: [suppressed.reason, found.address, removed.response.status],
    key: keys.data.some(({ id, scopes }) => id === key.id && scopes.includes('read')),
    stats: stats.totals.bounced >= 0 && stats.interval,
  }),
);
