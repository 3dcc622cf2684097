/**
 * The measured process: webhooks built, signed, guarded and sent like in the deliver function, alternating with bare signed
 * POST requests of node:http to the same receiver.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { deterministicId } from '../lambdas/core/ids.ts';
import type { DeliverDeps } from '../lambdas/delivery/attempt.ts';
import { deliverGroup } from '../lambdas/delivery/deliver.ts';
import { createFirstTask } from '../lambdas/delivery/dispatch.ts';
import { createGroups, createMember, GROUP_TASKS } from '../lambdas/delivery/groups.ts';
import { webhookHeaders } from '../lambdas/delivery/headers.ts';
import { webhookPayload } from '../lambdas/delivery/payload.ts';
import { createSecretOpener } from '../lambdas/delivery/secrets.ts';
import { createSender } from '../lambdas/delivery/send.ts';
import { signWebhook } from '../lambdas/delivery/sign.ts';
import { createTable } from '../lambdas/store/table.ts';
import { KMSClient } from '@aws-sdk/client-kms';
import { anEndpoint, anEvent } from '../sim/builders/events.ts';

const url = process.env['WEBHOOK_URL'] ?? '';
/** As many as the deliver function has in flight. */
const IN_FLIGHT = 20;
const PER_ROUND = 2_000;
const GROUPS_PER_ROUND = 20;
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
const DEADLINE_MS = 45_000;
/** The deliver function reads the endpoint from the table. The tasks need only its id. */
const endpoint = anEndpoint();
let events = 0;

/** A full group of new events. */
function newGroup() {
  const [start] = createGroups(
    Array.from({ length: GROUP_TASKS }, () => {
      const each = { ...event, event_id: deterministicId('evt', [String((events += 1))]) };
      const ttl = Math.floor(Date.now() / 1000) + 3600;
      return createMember(createFirstTask(each, endpoint.id), { event: each, ttl });
    }),
  );
  if (start?.events.length !== GROUP_TASKS) throw new Error('The group is not full');
  return start;
}

/** Attempts one group, as one invocation of the deliver function does. */
async function deliverNext(groups: ReturnType<typeof newGroup>[]): Promise<void> {
  const start = groups.pop();
  if (!start) throw new Error('No group is left');
  const { tasks } = await deliverGroup(deps, {
    ...start,
    execution: 'arn:aws:states:us-east-1:000000000000:express:deliver:bench',
    abandon: false,
    deadlineMs: Date.now() + DEADLINE_MS,
  });
  const delivered = tasks.filter(({ outcome }) => outcome === 'delivered').length;
  if (delivered !== GROUP_TASKS) throw new Error(`${delivered} of ${GROUP_TASKS} webhooks were delivered`);
}

/** CPU time of one run in µs. `inFlight` runs are in flight at the same time. */
async function cpuUs(run: () => Promise<void>, count: number, inFlight = IN_FLIGHT): Promise<number> {
  const before = process.cpuUsage();
  let left = count;
  async function lane(): Promise<void> {
    while (left > 0) {
      left -= 1;
      await run();
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const times: Record<'bare' | 'webhook' | 'delivery', number[]> = { bare: [], webhook: [], delivery: [] };
for (let round = 0; round <= ROUNDS; round += 1) {
  const groups = Array.from({ length: GROUPS_PER_ROUND }, newGroup);
  const measured = {
    bare: await cpuUs(bare, PER_ROUND),
    webhook: await cpuUs(webhook, PER_ROUND),
    // A Lambda process runs one invocation at a time.
    delivery: (await cpuUs(() => deliverNext(groups), GROUPS_PER_ROUND, 1)) / GROUP_TASKS,
  };
  // The first round warms up.
  if (round > 0)
    for (const name of ['bare', 'webhook', 'delivery'] as const) times[name].push(measured[name]);
}
const deliveries = (ROUNDS + 1) * GROUPS_PER_ROUND * GROUP_TASKS;
process.send?.({ ...times, deliveries }, () => process.exit());
