/**
 * The measured process: webhooks built, signed, guarded and sent like in the deliver function, alternating with bare signed
 * POST requests of node:http to the same receiver.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { deliver, type DeliverDeps } from '../lambdas/delivery/deliver.ts';
import { webhookHeaders } from '../lambdas/delivery/headers.ts';
import { webhookPayload } from '../lambdas/delivery/payload.ts';
import { createSecretOpener } from '../lambdas/delivery/secrets.ts';
import { createSender } from '../lambdas/delivery/send.ts';
import { signWebhook } from '../lambdas/delivery/sign.ts';
import { createTable } from '../lambdas/store/table.ts';
import { KMSClient } from '@aws-sdk/client-kms';
import { aTask, anEndpoint, anEvent } from '../sim/builders/events.ts';

const url = process.env['WEBHOOK_URL'] ?? '';
const IN_FLIGHT = 32;
const PER_ROUND = 2_000;
const ROUNDS = 15;

const event = anEvent();
const secret = Buffer.alloc(24, 7);
const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });

function bare(): Promise<void> {
  const body = JSON.stringify({ ...event, ...event.details });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret)
    .update(`${event.event_id}.${timestamp}.${body}`)
    .digest('base64');
  return new Promise((resolve, reject) => {
    const post = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'webhook-id': event.event_id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
      },
      (response) => {
        response.resume();
        response.on('end', resolve);
      },
    );
    post.on('error', reject);
    post.end(body);
  });
}

const send = createSender({ allowLoopback: true });

async function webhook(): Promise<void> {
  const body = webhookPayload(event);
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const signature = signWebhook({ webhookId: event.event_id, timestampSeconds, body, secrets: [secret] });
  const headers = webhookHeaders({
    webhookId: event.event_id,
    timestampSeconds,
    signature,
    attemptNumber: 1,
    body,
  });
  const { status_code: status } = await send({ url, headers, body });
  if (status !== 200) throw new Error(`The receiver responded with ${status}`);
}

const deps: DeliverDeps = {
  table: createTable('table'),
  secrets: createSecretOpener({ kms: new KMSClient({}), now: Date.now }),
  send,
  retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
  now: Date.now,
  randomBytes,
  random: Math.random,
  onUnrecorded(error) {
    throw error;
  },
};
const task = aTask(event, anEndpoint());

async function delivery(): Promise<void> {
  const { result } = await deliver(deps, { task, execution: 'bench' });
  if (result.outcome !== 'delivered') throw new Error(`The delivery ended ${result.outcome}`);
}

/** CPU time of one run in µs, with 32 runs in flight. */
async function cpuUs(run: () => Promise<void>, count: number): Promise<number> {
  const before = process.cpuUsage();
  let left = count;
  async function lane(): Promise<void> {
    while (left > 0) {
      left -= 1;
      await run();
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const times: Record<'bare' | 'webhook' | 'delivery', number[]> = { bare: [], webhook: [], delivery: [] };
for (let round = 0; round <= ROUNDS; round += 1) {
  const measured = {
    bare: await cpuUs(bare, PER_ROUND),
    webhook: await cpuUs(webhook, PER_ROUND),
    delivery: await cpuUs(delivery, PER_ROUND / 4),
  };
  // The first round warms up.
  if (round > 0)
    for (const name of ['bare', 'webhook', 'delivery'] as const) times[name].push(measured[name]);
}
process.send?.(times, () => process.exit());
