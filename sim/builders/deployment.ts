/** Endpoints of a simulated deployment, and SES events that are published to it. */
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../lambdas/core/ids.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { deliveryEvent, sendEvent, sesMessageId, type AcceptedEmail } from '../ses/events.ts';
import { putEndpoint } from './rows.ts';
import type { PublishedMessage } from '../ses/email-lifecycle.ts';
import { SimulatedReceiver, type ReceiverBehavior } from '../receiver.ts';
import type { SimulatedDeployment } from '../deployment.ts';

export const START_MS = Date.parse('2026-03-01T00:00:00Z');
const AT = '2026-03-01T00:00:00Z';
export const MINUTE_MS = 60_000;

export async function addEndpoint(
  deployment: SimulatedDeployment,
  name: string,
  {
    behavior = () => ({}),
    events = ['*'],
  }: { behavior?: ReceiverBehavior; events?: Endpoint['events'] } = {},
): Promise<Endpoint> {
  const secret = deployment.dice.bytes(24);
  const endpoint: Endpoint = {
    id: deterministicId('ep', [name]),
    workspace_id: DEFAULT_WORKSPACE_ID,
    url: `https://${name}.example.com/`,
    events,
    status: 'active',
    status_changed_at: AT,
    created_at: AT,
    updated_at: AT,
    secrets: [{ version: 1, sealed: secret }],
  };
  deployment.receivers.set(endpoint.url, new SimulatedReceiver(endpoint.url, secret, behavior));
  await putEndpoint(deployment.table, endpoint);
  return endpoint;
}

function publishedEvent(
  deployment: SimulatedDeployment,
  atMs: number,
  event: 'sent' | 'delivered',
): PublishedMessage {
  const messageId = sesMessageId(atMs, deployment.dice.hex(32));
  const to = `${deployment.dice.hex(8)}@example.com`;
  const email: AcceptedEmail = {
    messageId,
    acceptedAtMs: atMs,
    source: 'you@example.com',
    to: [to],
    configurationSet: 'set',
    operation: 'SendEmail',
  };
  const ses = event === 'sent' ? sendEvent(email) : deliveryEvent(email, [to], atMs);
  return {
    atMs,
    body: JSON.stringify(ses),
    expectedEvents: [{ messageId, to, event, workspaceId: DEFAULT_WORKSPACE_ID }],
  };
}

export function sent(deployment: SimulatedDeployment, atMs: number): PublishedMessage {
  return publishedEvent(deployment, atMs, 'sent');
}

export function delivered(deployment: SimulatedDeployment, atMs: number): PublishedMessage {
  return publishedEvent(deployment, atMs, 'delivered');
}

/** Publishes the events and runs the clock, until nothing is left to do or until `untilMs`. */
export async function run(
  deployment: SimulatedDeployment,
  published: readonly PublishedMessage[],
  untilMs?: number,
): Promise<void> {
  const restore = deployment.clock.installTimers();
  try {
    for (const { atMs, body } of published)
      deployment.clock.after(atMs - deployment.clock.nowMs, () => deployment.ingestQueue.send(body));
    await deployment.clock.run(untilMs);
  } finally {
    restore();
  }
}

export function rows(deployment: SimulatedDeployment, kind: string): readonly Row[] {
  return [...deployment.table.rows.values()].filter((row) => row['kind'] === kind);
}
