import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventName } from '../lambdas/core/events.ts';
import { signWebhook } from '../lambdas/delivery/sign.ts';
import {
  openProbe,
  PROBE_LIFETIME_SECONDS,
  readReceipt,
  type ProbeReceipt,
} from '../lambdas/store/doctor-probes.ts';
import { runCheck, failed, ok, type Check, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { withCleanup } from './interrupt.ts';

export interface EndToEndOptions {
  readonly apiKey: string;
  readonly from: string;
  readonly timeoutMs: number;
}

/**
 * The addresses of the SES mailbox simulator, and the events that SES can publish for each. For a suppressed recipient, SES
 * publishes one of two events.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
 */
const SIMULATOR_OUTCOMES: readonly (readonly [address: string, events: readonly EventName[]])[] = [
  ['success@simulator.amazonses.com', ['delivered']],
  ['bounce@simulator.amazonses.com', ['bounced']],
  ['complaint@simulator.amazonses.com', ['complained']],
  ['ooto@simulator.amazonses.com', ['soft_bounced']],
  ['suppressionlist@simulator.amazonses.com', ['suppressed', 'bounced']],
];

/** The events that the test webhook endpoint receives. */
const EVENTS: readonly EventName[] = ['delivered', 'bounced', 'soft_bounced', 'complained', 'suppressed'];

const POLL_MS = 500;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Returns a random token of 52 characters with 5 bits each. It cannot be guessed, and it is valid in a path. */
function newToken(): string {
  return [...randomBytes(52)].map((byte) => BASE32[byte % 32]).join('');
}

interface LogEntry {
  readonly event_id: string;
  readonly status: EventName;
}

interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly created_at: string;
}

async function call(
  { apiUrl }: Deployment,
  apiKey: string,
  request: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<Record<string, unknown>> {
  const response = await fetch(`${apiUrl}${request.path}`, {
    method: request.method,
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${request.method} ${request.path} responded with ${response.status}: ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function deleteWebhook(deployment: Deployment, apiKey: string, id: string): Promise<void> {
  await call(deployment, apiKey, { method: 'DELETE', path: `/v1/webhooks/${id}` });
}

async function poll<T>(deadlineMs: number, read: () => Promise<T | undefined>): Promise<T | undefined> {
  for (;;) {
    const value = await read();
    if (value !== undefined || Date.now() > deadlineMs) return value;
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

/** Deletes webhooks of a doctor that was killed. Their probes have expired, so no running doctor waits for them. */
async function deleteStaleWebhooks(deployment: Deployment, apiKey: string): Promise<void> {
  const { data } = await call(deployment, apiKey, { method: 'GET', path: '/v1/webhooks' });
  const stale = (data as Webhook[]).filter(
    ({ url, created_at: at }) =>
      url.startsWith(`${deployment.apiUrl}/probes/`) &&
      Date.now() - Date.parse(at) > PROBE_LIFETIME_SECONDS * 1000,
  );
  // A deletion can fail, because another doctor may delete the same webhook.
  await Promise.allSettled(stale.map(({ id }) => deleteWebhook(deployment, apiKey, id)));
}

interface Probe {
  readonly token: string;
  readonly secret: string;
}

/** Sends an email, then waits for its event in the log and for its signed webhook at the probe. */
async function checkOutcome(
  deployment: Deployment,
  { apiKey, from, timeoutMs }: EndToEndOptions,
  { address, expected, probe }: { address: string; expected: readonly EventName[]; probe: Probe },
): Promise<Finding> {
  const deadlineMs = Date.now() + timeoutMs;
  const seconds = Math.round(timeoutMs / 1000);
  const sent = await call(deployment, apiKey, {
    method: 'POST',
    path: '/v1/send',
    body: { from, to: [address], subject: 'IvyMail Events: doctor', text: 'A test of the pipeline.' },
  });
  const path = `/v1/send/logs?limit=100&message_id=${encodeURIComponent(String(sent['message_id']))}`;
  const event = await poll(deadlineMs, async () => {
    const { data } = await call(deployment, apiKey, { method: 'GET', path });
    return (data as LogEntry[]).find((entry) => expected.includes(entry.status));
  });
  if (!event)
    return failed(`the email was sent, but no ${expected.join(' or ')} event was logged within ${seconds} s`);
  const receipt = await poll(deadlineMs, () => readReceipt(deployment.table, probe.token, event.event_id));
  if (!receipt)
    return failed(`the ${event.status} event is logged, but its webhook did not arrive within ${seconds} s`);
  return isSigned(receipt, probe.secret)
    ? ok(`${event.status}: the event is logged, and its signed webhook arrived`)
    : failed('the webhook arrived with a wrong signature');
}

/**
 * Sends an email for each outcome of the mailbox simulator. Then it waits for the event in the log and for its signed webhook
 * at a probe, which is a route of our own API. It creates a webhook endpoint for this test and deletes it afterwards.
 */
export async function runEndToEndChecks(
  deployment: Deployment,
  options: EndToEndOptions,
): Promise<readonly Check[]> {
  const { apiKey } = options;
  const checks: Check[] = [];
  const setup = await runCheck('end to end', async () => {
    const token = newToken();
    await openProbe(deployment.table, token, Date.now());
    await deleteStaleWebhooks(deployment, apiKey);
    const webhook = call(deployment, apiKey, {
      method: 'POST',
      path: '/v1/webhooks',
      body: { url: `${deployment.apiUrl}/probes/${token}`, events: EVENTS, description: 'doctor' },
    });
    await withCleanup(
      async () => {
        const probe = { token, secret: String((await webhook)['secret']) };
        checks.push(
          ...(await Promise.all(
            SIMULATOR_OUTCOMES.map(([address, expected]) =>
              // Programs read the names of checks in the JSON output, so this name keeps its first spelling.
              runCheck(`email to ${address.split('@')[0] ?? ''}@`, () =>
                checkOutcome(deployment, options, { address, expected, probe }),
              ),
            ),
          )),
        );
      },
      async () => {
        const created = await webhook.catch(() => undefined);
        if (created) await deleteWebhook(deployment, apiKey, String(created['id']));
      },
    );
    return ok('the test webhook endpoint is deleted');
  });
  // A successful setup is not reported, because the check of each email implies it.
  return setup.status === 'ok' ? checks : [...checks, setup];
}
