import { setTimeout as wait } from 'node:timers/promises';
import type { StackDescription } from '../admin/stack-file.ts';
import { REPUTATION_EVENTS } from '../lambdas/core/reputation/event-names.ts';
import type { SesEvent } from '../sim/ses/events.ts';
import { simulateEmails } from './seed-emails.ts';
import { simulateImport } from './seed-incidents.ts';
import type { TimedEvent } from './seed-writer.ts';

export interface SeedOptions {
  readonly stack: StackDescription;
  /** Publishes events to the stack's topic. */
  readonly publish: (events: readonly SesEvent[]) => Promise<void>;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

const SEED = 20_260_225;
const DAY_MS = 86_400_000;
/** Most endpoints exist only for the emails of the last days. Webhooks for two weeks would take several times as long. */
const LAST_DAYS_MS = 2 * DAY_MS;
const STORED_WITHIN_MS = 600_000;
/** A failing endpoint requests its retries after this time. Ten failures over five seconds make an endpoint failing. */
const RETRY_AFTER_SECONDS = 6;
const FAILING_WITHIN_MS = 120_000;
const POLL_MS = 100;
/** How many requests publish at the same time. Each one has ten events. */
const PUBLISHERS = 8;
const EVENTS_PER_REQUEST = 10;

/** Addresses on the suppression list that no event of the seed data adds. */
const SUPPRESSIONS = [
  { address: 'unwilling@example.com', reason: 'manual' },
  { address: 'moved@acme.example', reason: 'manual' },
  { address: 'no-newsletter@posteo.example', reason: 'unsubscribed' },
  { address: 'imported@gmail.example', reason: 'bounce' },
  { address: 'annoyed@icloud.example', reason: 'complaint' },
] as const;

/** Reads and changes the local run through its API, as a user would do. */
class Client {
  constructor(private readonly options: Pick<SeedOptions, 'stack' | 'signal'>) {}

  async call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const { base_url: base } = this.options.stack;
    return JSON.parse(await this.send(method, base + path, body)) as Record<string, unknown>;
  }

  /** Sets the responses of a hook of the inbox. */
  async configureHook(name: string, behavior: object): Promise<void> {
    await this.send('PUT', this.hookUrl(name), behavior);
  }

  /** Creates an endpoint at the inbox. Returns its path in the API. */
  async addHook(name: string, webhook: object, behavior: object = {}): Promise<string> {
    const { id, secret } = await this.call('POST', '/v1/webhooks', { url: this.hookUrl(name), ...webhook });
    await this.configureHook(name, { secret, ...behavior });
    return `/v1/webhooks/${String(id)}`;
  }

  async isStored(messageId: string): Promise<boolean> {
    const { data } = await this.call('GET', `/v1/send/logs?message_id=${encodeURIComponent(messageId)}`);
    return Array.isArray(data) && data.length > 0;
  }

  waitUntilFailing(endpoint: string): Promise<void> {
    const isFailing = async () => (await this.call('GET', endpoint))['health'] === 'failing';
    return this.until(isFailing, FAILING_WITHIN_MS, `${endpoint} does not count as failing`);
  }

  async until(condition: () => Promise<boolean>, withinMs: number, problem: string): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`${problem} after ${withinMs} ms`);
      await wait(POLL_MS, undefined, { signal: this.options.signal });
    }
  }

  private hookUrl(name: string): string {
    return `${this.options.stack.inbox_url}/hooks/${name}`;
  }

  private async send(method: string, url: string, body?: unknown): Promise<string> {
    const { stack, signal } = this.options;
    const response = await fetch(url, {
      method,
      signal,
      headers: { 'x-api-key': stack.api_key, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // The seed data includes an email that the API refuses with 422.
    if (!response.ok && response.status !== 422)
      throw new Error(`${method} ${url} responded with ${response.status}: ${await response.text()}`);
    return response.text();
  }
}

/**
 * Creates two weeks of email, some emails that are sent through the API, suppressions of every reason, and endpoints in every
 * state at the inbox: healthy, failing with held deliveries, recovered, and paused. Another endpoint gets the warning of the
 * reputation guard. Resolves when the emails are in the log. The
 * last webhooks can arrive later.
 */
export async function seed({ stack, publish, nowMs, signal }: SeedOptions): Promise<void> {
  const client = new Client({ stack, signal });
  const { from, configuration_set: configurationSet } = stack;
  const options = { nowMs, from, configurationSet, seed: SEED };
  const emails = simulateEmails(options);
  const isOld = ({ atMs }: TimedEvent): boolean => atMs < nowMs - LAST_DAYS_MS;
  // The import is before the endpoints that get every event, although its emails are of the last hour: it has as many events as two days.
  const earlier = [...emails.filter(isOld), ...simulateImport(options)];
  const latest = emails.filter((event) => !isOld(event));

  // These endpoints get the problems of two weeks, so that they fail often enough to count as failing.
  const [failing, recovered] = await Promise.all([
    client.addHook(
      'failing',
      { description: 'Always responds with 503', events: ['bounced', 'soft_bounced', 'complained'] },
      { status: 503, retry_after: RETRY_AFTER_SECONDS },
    ),
    client.addHook(
      'recovered',
      { description: 'Was down for a while', events: ['delayed', 'complained'] },
      { status: 503, retry_after: RETRY_AFTER_SECONDS },
    ),
    client.addHook('reputation', {
      description: 'Warnings of the reputation guard',
      events: [...REPUTATION_EVENTS],
    }),
    ...SUPPRESSIONS.map((each) => client.call('POST', '/v1/suppressions', each)),
  ]);
  await publishAll(publish, earlier);
  await Promise.all([waitUntilStored(client, earlier), client.waitUntilFailing(failing)]);
  await client.waitUntilFailing(recovered);
  await client.configureHook('recovered', { status: 200 });

  const [paused] = await Promise.all([
    client.addHook('paused', { description: 'Paused during a migration', events: ['*'] }),
    client.addHook('healthy', { description: 'Accepts every webhook', events: ['*'] }),
  ]);
  await client.call('PATCH', paused, { status: 'paused' });
  await Promise.all([publishAll(publish, latest), sendEmails(client, from)]);
  await waitUntilStored(client, latest);
}

/**
 * Waits until published events are in the log. To look up each email would take longer than to store it, so only the last
 * email of each of the last requests is looked up.
 */
async function waitUntilStored(client: Client, published: readonly TimedEvent[]): Promise<void> {
  const last = requestsOf(published).slice(-PUBLISHERS);
  for (const events of last) {
    const id = events.at(-1)?.mail.messageId ?? '';
    // Sequential: the emails are stored in about this order.
    await client.until(() => client.isStored(id), STORED_WITHIN_MS, 'The seed data is not in the log');
  }
}

function requestsOf(events: readonly TimedEvent[]): readonly (readonly SesEvent[])[] {
  return Array.from({ length: Math.ceil(events.length / EVENTS_PER_REQUEST) }, (_, index) =>
    events.slice(index * EVENTS_PER_REQUEST, (index + 1) * EVENTS_PER_REQUEST).map(({ event }) => event),
  );
}

/** Publishes events, the oldest ones first. */
async function publishAll(publish: SeedOptions['publish'], events: readonly TimedEvent[]): Promise<void> {
  const requests = [...requestsOf(events)];
  const publisher = async (): Promise<void> => {
    for (let next = requests.shift(); next; next = requests.shift()) await publish(next);
  };
  await Promise.all(Array.from({ length: PUBLISHERS }, publisher));
}

async function sendEmails(client: Client, from: string): Promise<void> {
  const email = { from, subject: 'Hello from the local run', text: 'Sent through POST /v1/send.' };
  const simulated = ['success', 'bounce', 'ooto', 'complaint', 'suppressionlist'];
  const emails = [
    // The label keeps `bounce@customer.example` off the suppression list, so that the user can send to it.
    ...simulated.map((name) => ({ ...email, to: [`${name}+seed@customer.example`] })),
    { ...email, to: ['unwilling@example.com'] },
    { ...email, to: ['someone@example.com'], from: 'you@not-verified.example' },
  ];
  await Promise.all(emails.map((each) => client.call('POST', '/v1/send', each)));
}
