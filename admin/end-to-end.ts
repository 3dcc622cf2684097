import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventName } from '../lambdas/core/events.ts';
import { signWebhook } from '../lambdas/delivery/sign.ts';
import {
  openProbe,
  PROBE_LIFETIME_SECONDS,
  readReceipt,
  type ProbeReceipt,
} from '../lambdas/store/probes.ts';
import { runCheck, failed, ok, type Check, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { withCleanup } from './interrupt.ts';

export interface EndToEndOptions {
  readonly apiKey: string;
  readonly from: string;
  readonly timeoutMs: number;
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

/** What the webhook of the test is to hear of. */
const EVENTS: readonly EventName[] = ['delivered', 'bounced', 'soft_bounced', 'complained', 'suppressed'];

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
  const answer = await fetch(`${apiUrl}${request.path}`, {
    method: request.method,
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${request.method} ${request.path} answered ${answer.status}: ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function deleteWebhook(deployment: Deployment, apiKey: string, id: string): Promise<void> {
  await call(deployment, apiKey, { method: 'DELETE', path: `/v1/webhooks/${id}` });
}

async function until<T>(deadlineMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined || Date.now() > deadlineMs) return seen;
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

/** Of a doctor who was killed: its probe has closed by now, and no doctor of today waits at it. */
async function deleteLeftWebhooks(deployment: Deployment, apiKey: string): Promise<void> {
  const { data } = await call(deployment, apiKey, { method: 'GET', path: '/v1/webhooks' });
  const left = (data as Webhook[]).filter(
    ({ url, created_at: at }) =>
      url.startsWith(`${deployment.apiUrl}/probes/`) &&
      Date.now() - Date.parse(at) > PROBE_LIFETIME_SECONDS * 1000,
  );
  // Another doctor may do the same.
  await Promise.allSettled(left.map(({ id }) => deleteWebhook(deployment, apiKey, id)));
}

interface Probe {
  readonly token: string;
  readonly secret: string;
}

/** Sends a mail, and waits for its event in the log and for its signed webhook at the probe. */
async function outcomeOf(
  deployment: Deployment,
  { apiKey, from, timeoutMs }: EndToEndOptions,
  { address, wanted, probe }: { address: string; wanted: readonly EventName[]; probe: Probe },
): Promise<Finding> {
  const deadlineMs = Date.now() + timeoutMs;
  const seconds = Math.round(timeoutMs / 1000);
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
  const receipt = await until(deadlineMs, () => readReceipt(deployment.table, probe.token, event.event_id));
  if (!receipt)
    return failed(`the ${event.status} event is logged, and its webhook did not arrive within ${seconds} s`);
  return isSigned(receipt, probe.secret)
    ? ok(`${event.status}: logged, and its signed webhook has arrived`)
    : failed('the webhook arrived with a signature that is wrong');
}

/**
 * Sends a mail for each outcome, and waits for its event in the log and for its signed webhook at a probe of our own API.
 * The webhook is made for it and deleted after it.
 */
export async function runEndToEndChecks(
  deployment: Deployment,
  options: EndToEndOptions,
): Promise<readonly Check[]> {
  const { apiKey } = options;
  const checks: Check[] = [];
  const whole = await runCheck('end to end', async () => {
    const token = newToken();
    await openProbe(deployment.table, token, Date.now());
    await deleteLeftWebhooks(deployment, apiKey);
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
            OUTCOMES.map(([address, wanted]) =>
              runCheck(`mail to ${address.split('@')[0] ?? ''}@`, () =>
                outcomeOf(deployment, options, { address, wanted, probe }),
              ),
            ),
          )),
        );
      },
      async () => {
        const made = await webhook.catch(() => undefined);
        if (made) await deleteWebhook(deployment, apiKey, String(made['id']));
      },
    );
    return ok('its webhook is deleted');
  });
  // What has gone well is told by each mail.
  return whole.status === 'ok' ? checks : [...checks, whole];
}
