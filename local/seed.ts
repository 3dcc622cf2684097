import { setTimeout as wait } from 'node:timers/promises';
import { dayOfMail } from './day-of-mail.ts';
import type { SesEvent } from './ses-events.ts';
import type { StackDescription } from './stack-file.ts';

export interface SeedOptions {
  readonly stack: StackDescription;
  /** Publishes to the stack's topic. */
  readonly publish: (events: readonly SesEvent[]) => Promise<void>;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

const SEED = 20_260_225;
const SIMULATED = ['success', 'bounce', 'ooto', 'complaint', 'suppressionlist'];
const STORED_WITHIN_MS = 60_000;
const POLL_MS = 100;

/**
 * Something to look at: two webhooks to the inbox, one of which always fails; a day of mail; a few mails sent through
 * the API just now. Returns when the day is in the log; webhooks go on arriving after it.
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

  const sendMail = (to: string, sender = from): Promise<unknown> =>
    call('POST', `${base_url}/v1/send`, {
      from: sender,
      to: [to],
      subject: 'Hello from npm start',
      text: 'Sent through POST /v1/send.',
    });

  await Promise.all([
    addHook('healthy', { description: 'Takes everything' }, {}),
    addHook('failing', { description: 'Always answers 500', events: ['complained'] }, { status: 500 }),
    call('POST', `${base_url}/v1/suppressions`, { address: 'unwilling@example.com' }),
  ]);
  const day = dayOfMail({ nowMs, from, configurationSet: stack.configuration_set, seed: SEED });
  await publish(day);
  await Promise.all([
    ...SIMULATED.map((name) => sendMail(`${name}@simulator.amazonses.com`)),
    sendMail('unwilling@example.com'),
    sendMail('someone@example.com', 'you@not-verified.example'),
  ]);

  const messageId = day.at(-1)?.mail.messageId ?? '';
  const count = day.filter((event) => event.mail.messageId === messageId).length;
  const lastMail = `${base_url}/v1/send/logs?message_id=${encodeURIComponent(messageId)}`;
  const deadline = Date.now() + STORED_WITHIN_MS;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- polling
    const { data } = await call('GET', lastMail);
    if (Array.isArray(data) && data.length >= count) return;
    if (Date.now() > deadline)
      throw new Error(`The seed data is not in the log after ${STORED_WITHIN_MS} ms`);
    // oxlint-disable-next-line no-await-in-loop
    await wait(POLL_MS, undefined, { signal });
  }
}
