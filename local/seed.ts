import { setTimeout as wait } from 'node:timers/promises';
import { simulateDay } from './seed-day.ts';
import type { SesEvent } from '../sim/ses/events.ts';
import type { StackDescription } from '../admin/stack-file.ts';

export interface SeedOptions {
  readonly stack: StackDescription;
  /** Publishes events to the stack's topic. */
  readonly publish: (events: readonly SesEvent[]) => Promise<void>;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

const SEED = 20_260_225;
/** The emulator starts a Lambda worker for each event in flight. Few at a time are faster and use less memory. */
const IN_FLIGHT = 6;
const STORED_WITHIN_MS = 600_000;
const POLL_MS = 50;

/**
 * Creates seed data: two webhook endpoints at the inbox, one of which always fails, a day of SES events, and a few emails
 * that are sent through the API. Resolves when the day is in the log. The last webhooks can arrive later.
 */
export async function seed({ stack, publish, nowMs, signal }: SeedOptions): Promise<void> {
  const { base_url, inbox_url, api_key, from } = stack;

  async function call(method: string, url: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(url, {
      method,
      signal,
      headers: { 'x-api-key': api_key, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // The seed data includes an email that the API refuses with 422.
    if (!response.ok && response.status !== 422)
      throw new Error(`${method} ${url} responded with ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }

  async function addHook(name: string, webhook: object, behavior: object): Promise<void> {
    const url = `${inbox_url}/hooks/${name}`;
    const { secret } = await call('POST', `${base_url}/v1/webhooks`, { url, ...webhook });
    await call('PUT', url, { secret, ...behavior });
  }

  async function sendEmails(): Promise<void> {
    await call('POST', `${base_url}/v1/suppressions`, { address: 'unwilling@example.com' });
    const email = { from, subject: 'Hello from the local run', text: 'Sent through POST /v1/send.' };
    const simulated = ['success', 'bounce', 'ooto', 'complaint', 'suppressionlist'];
    for (const each of [
      // The label keeps `bounce@customer.example` off the suppression list, so that the user can send to it.
      ...simulated.map((name) => ({ ...email, to: [`${name}+seed@customer.example`] })),
      { ...email, to: ['unwilling@example.com'] },
      { ...email, to: ['someone@example.com'], from: 'you@not-verified.example' },
    ]) {
      await call('POST', `${base_url}/v1/send`, each);
    }
  }

  /** Waits until the log contains `count` events of a message. */
  async function waitUntilStored(messageId: string, count: number): Promise<void> {
    const url = `${base_url}/v1/send/logs?message_id=${encodeURIComponent(messageId)}`;
    const deadline = Date.now() + STORED_WITHIN_MS;
    for (;;) {
      const { data } = await call('GET', url);
      if (Array.isArray(data) && data.length >= count) return;
      if (Date.now() > deadline)
        throw new Error(`The seed data is not in the log after ${STORED_WITHIN_MS} ms`);
      await wait(POLL_MS, undefined, { signal });
    }
  }

  async function publishDay(): Promise<void> {
    const day = simulateDay({ nowMs, from, configurationSet: stack.configuration_set, seed: SEED });
    const publishedCounts = new Map<string, number>();
    for (let start = 0; start < day.length; start += IN_FLIGHT) {
      const events = day.slice(start, start + IN_FLIGHT);
      for (const { mail } of events)
        publishedCounts.set(mail.messageId, (publishedCounts.get(mail.messageId) ?? 0) + 1);
      await publish(events);
      const last = events.at(-1)?.mail.messageId ?? '';
      await waitUntilStored(last, publishedCounts.get(last) ?? 0);
    }
  }

  await addHook('healthy', { description: 'Accepts every webhook' }, {});
  await addHook(
    'failing',
    { description: 'Always responds with 500', events: ['complained'] },
    { status: 500 },
  );
  await Promise.all([publishDay(), sendEmails()]);
}
