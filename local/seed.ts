import { setTimeout as wait } from 'node:timers/promises';
import { simulateDay } from './seed-day.ts';
import type { SesEvent } from '../sim/ses/events.ts';
import type { StackDescription } from '../admin/stack-file.ts';

export interface SeedOptions {
  readonly stack: StackDescription;
  /** Publishes to the stack's topic. */
  readonly publish: (events: readonly SesEvent[]) => Promise<void>;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

const SEED = 20_260_225;
/** Each mail in flight is a Lambda worker of its own to the emulator: few at a time are faster, and spare the memory. */
const IN_FLIGHT = 6;
const STORED_WITHIN_MS = 600_000;
const POLL_MS = 50;

/**
 * Something to look at: two webhooks to the inbox, one of which always fails; a day of mail; a few mails sent through
 * the API just now. Returns when the day is in the log; the last webhooks go on arriving after it.
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
    // 422: a refused mail is part of the day.
    if (!response.ok && response.status !== 422)
      throw new Error(`${method} ${url} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }

  async function addHook(name: string, webhook: object, behaviour: object): Promise<void> {
    const url = `${inbox_url}/hooks/${name}`;
    const { secret } = await call('POST', `${base_url}/v1/webhooks`, { url, ...webhook });
    await call('PUT', url, { secret, ...behaviour });
  }

  async function sendMails(): Promise<void> {
    await call('POST', `${base_url}/v1/suppressions`, { address: 'unwilling@example.com' });
    const mail = { from, subject: 'Hello from npm start', text: 'Sent through POST /v1/send.' };
    const simulated = ['success', 'bounce', 'ooto', 'complaint', 'suppressionlist'];
    for (const each of [
      // With a label, so that `bounce@customer.example` is not on the suppression list when the reader tries it.
      ...simulated.map((name) => ({ ...mail, to: [`${name}+seed@customer.example`] })),
      { ...mail, to: ['unwilling@example.com'] },
      { ...mail, to: ['someone@example.com'], from: 'you@not-verified.example' },
    ]) {
      await call('POST', `${base_url}/v1/send`, each);
    }
  }

  /** Until the log holds so many events of a message. */
  async function stored(messageId: string, count: number): Promise<void> {
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
    const told = new Map<string, number>();
    for (let start = 0; start < day.length; start += IN_FLIGHT) {
      const events = day.slice(start, start + IN_FLIGHT);
      for (const { mail } of events) told.set(mail.messageId, (told.get(mail.messageId) ?? 0) + 1);
      await publish(events);
      const last = events.at(-1)?.mail.messageId ?? '';
      await stored(last, told.get(last) ?? 0);
    }
  }

  await addHook('healthy', { description: 'Takes everything' }, {});
  await addHook('failing', { description: 'Always answers 500', events: ['complained'] }, { status: 500 });
  await Promise.all([publishDay(), sendMails()]);
}
