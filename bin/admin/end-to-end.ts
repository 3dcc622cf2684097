import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventName } from '../../lambdas/core/events.ts';
import { signWebhook } from '../../lambdas/delivery/sign.ts';
import { openProbe, readReceipts, type ProbeReceipt } from '../../lambdas/store/probes.ts';
import { failed, ok, type Check, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';

export interface EndToEndOptions {
  readonly apiKey: string;
  readonly from: string;
  readonly patienceMs: number;
}

/**
 * What SES's mailbox simulator does with a mail; of several events any will do. A suppressed recipient comes as either.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
 */
const OUTCOMES: readonly (readonly [address: string, events: readonly EventName[]])[] = [
  ['success@simulator.amazonses.com', ['delivered']],
  ['bounce@simulator.amazonses.com', ['bounced']],
  ['complaint@simulator.amazonses.com', ['complained']],
  ['ooto@simulator.amazonses.com', ['soft_bounced']],
  ['suppressionlist@simulator.amazonses.com', ['suppressed', 'bounced']],
];

const POLL_MS = 500;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** 52 characters of five bits: nobody guesses it, and it fits a path. */
function newToken(): string {
  return [...randomBytes(52)].map((byte) => BASE32[byte % 32]).join('');
}

interface LogEntry {
  readonly event_id: string;
  readonly status: EventName;
}

async function call(
  { apiUrl }: Deployment,
  apiKey: string,
  request: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${apiUrl}${request.path}`, {
    method: request.method,
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${request.method} ${request.path} answered ${answer.status}: ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function until<T>(deadlineMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- polling
    const seen = await look();
    if (seen !== undefined || Date.now() > deadlineMs) return seen;
    // oxlint-disable-next-line no-await-in-loop
    await wait(POLL_MS);
  }
}

function isSigned({ headers, body }: ProbeReceipt, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = signWebhook({
    webhookId: headers['webhook-id'] ?? '',
    timestampSeconds: Number(headers['webhook-timestamp']),
    body,
    secrets: [key],
  });
  return (headers['x-ivymail-signature'] ?? '').split(' ').includes(expected);
}

/**
 * Sends a mail for each outcome, and waits for its event in the log and for its signed webhook at a probe of our own API.
 * The webhook is made for it and deleted after it.
 */
export async function* endToEndChecks(
  deployment: Deployment,
  { apiKey, from, patienceMs }: EndToEndOptions,
): AsyncGenerator<Check> {
  const token = newToken();
  await openProbe(deployment.table, token, Date.now());
  const events = ['delivered', 'bounced', 'soft_bounced', 'complained', 'suppressed'];
  const webhook = await call(deployment, apiKey, {
    method: 'POST',
    path: '/v1/webhooks',
    body: { url: `${deployment.apiUrl}/probes/${token}`, events, description: 'doctor' },
  });
  const secret = String(webhook['secret']);
  async function outcomeOf(address: string, wanted: readonly EventName[]): Promise<Finding> {
    const deadlineMs = Date.now() + patienceMs;
    const seconds = Math.round(patienceMs / 1000);
    const sent = await call(deployment, apiKey, {
      method: 'POST',
      path: '/v1/send',
      body: { from, to: [address], subject: 'IvyMail Events: doctor', text: 'A test of the pipeline.' },
    });
    const path = `/v1/send/logs?limit=100&message_id=${encodeURIComponent(String(sent['message_id']))}`;
    const event = await until(deadlineMs, async () => {
      const { data } = await call(deployment, apiKey, { method: 'GET', path });
      return (data as LogEntry[]).find((entry) => wanted.includes(entry.status));
    });
    if (!event)
      return failed(`the mail was sent, and no ${wanted.join(' or ')} event came within ${seconds} s`);
    const receipt = await until(deadlineMs, async () =>
      (await readReceipts(deployment.table, token)).get(event.event_id),
    );
    if (!receipt)
      return failed(
        `the ${event.status} event is logged, and its webhook did not arrive within ${seconds} s`,
      );
    return isSigned(receipt, secret)
      ? ok(`${event.status}: logged, and its signed webhook has arrived`)
      : failed('the webhook arrived with a signature that is wrong');
  }
  try {
    const findings = await Promise.all(
      OUTCOMES.map(async ([address, wanted]) => {
        const name = `mail to ${address.split('@')[0] ?? ''}@`;
        try {
          return { name, ...(await outcomeOf(address, wanted)) };
        } catch (error) {
          return { name, ...failed(error instanceof Error ? error.message : String(error)) };
        }
      }),
    );
    yield* findings;
  } finally {
    await call(deployment, apiKey, { method: 'DELETE', path: `/v1/webhooks/${String(webhook['id'])}` });
  }
}
