/** The tenants of the ledger, and the receivers of their webhooks: one of each kind that operators see in practice. */
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import { DEFAULT_ENDPOINT_EVENTS } from '../../../lambdas/core/events.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../../lambdas/core/ids.ts';
import { REPUTATION_EVENTS } from '../../../lambdas/core/reputation/event-names.ts';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import { createWorkspace } from '../../../lambdas/store/workspaces.ts';
import { putEndpoint } from '../../../sim/builders/rows.ts';
import { SimulatedReceiver, type ReceiverBehavior } from '../../../sim/receiver.ts';
import type { SimulatedDeployment } from '../../../sim/deployment.ts';

const HOUR_MS = 3_600_000;

/** How each receiver behaves. Deliveries to some of them end `exhausted` or `held`, and the product disables some endpoints. */
function behaviors({ clock, dice }: SimulatedDeployment): Readonly<Record<string, ReceiverBehavior>> {
  const startMs = clock.nowMs;
  const during =
    (fromMs: number, toMs: number, behavior: ReceiverBehavior): ReceiverBehavior =>
    (nowMs) =>
      nowMs >= startMs + fromMs && nowMs < startMs + toMs ? behavior(nowMs) : {};
  return {
    // Sometimes the body is so long that the attempt needs a row of its own.
    healthy: () => (dice.chance(0.2) ? { excerpt: '界'.repeat(300) } : {}),
    flaky: () => (dice.chance(0.3) ? { status: 500 } : {}),
    // Accepts the event, and the response never arrives.
    forgetful: () => (dice.chance(0.1) ? { error: 'connection_reset' } : {}),
    slow: () => ({ afterMs: 12_000 }),
    away: during(HOUR_MS, 4 * HOUR_MS, () => ({ status: undefined, error: 'connect_error' })),
    dead: () => ({ status: 503 }),
    gone: during(2 * HOUR_MS, Infinity, () => ({ status: 410 })),
  };
}

/**
 * Two endpoints that stay active also receive reputation events. A recovery contains no reputation event, so all deliveries to them
 * must succeed without one.
 */
const EVENTS: Readonly<Record<string, Endpoint['events']>> = {
  healthy: ['*', ...REPUTATION_EVENTS],
  forgetful: ['*', ...REPUTATION_EVENTS],
};

export interface Tenants {
  readonly workspaceIds: readonly string[];
  readonly endpoints: readonly Endpoint[];
}

export async function createTenants(deployment: SimulatedDeployment): Promise<Tenants> {
  const at = formatTimestamp(deployment.clock.nowMs);
  const workspaceIds = [
    DEFAULT_WORKSPACE_ID,
    deterministicId('ws', ['second']),
    deterministicId('ws', ['third']),
  ];
  for (const id of workspaceIds.slice(1))
    await createWorkspace(deployment.table, { id, name: id, created_at: at });
  const kinds = Object.entries(behaviors(deployment));
  const endpoints = kinds.map(([name, behavior], index): Endpoint => {
    const secret = deployment.dice.bytes(24);
    const url = `https://${name}.example.com/`;
    deployment.receivers.set(url, new SimulatedReceiver(url, secret, behavior));
    return {
      id: deterministicId('ep', [name]),
      workspace_id: workspaceIds[index % workspaceIds.length] ?? DEFAULT_WORKSPACE_ID,
      url,
      events: EVENTS[name] ?? (index % 2 === 0 ? ['*'] : DEFAULT_ENDPOINT_EVENTS),
      status: 'active',
      status_changed_at: at,
      created_at: at,
      updated_at: at,
      secrets: [{ version: 1, sealed: secret }],
    };
  });
  for (const endpoint of endpoints) await putEndpoint(deployment.table, endpoint);
  return { workspaceIds, endpoints };
}
