import { healthOf } from '../core/endpoint-health.ts';
import type { Endpoint } from '../core/endpoints.ts';
import { countHeld, type HeldCount } from '../store/count-held-deliveries.ts';
import type { ApiDeps } from './deps.ts';
import { MAX_HELD_COUNTED } from './schemas/webhooks.ts';

type Deps = Pick<ApiDeps, 'table' | 'now'>;

/** Counts held deliveries. A healthy, active endpoint without a drain holds none, so it costs no read. */
async function countHeldDeliveries({ table, now }: Deps, endpoint: Endpoint): Promise<HeldCount> {
  const { id: endpointId, workspace_id: workspaceId, status, draining } = endpoint;
  if (status === 'active' && draining === undefined && healthOf(endpoint, now()) === 'healthy')
    return { count: 0, exact: true };
  return countHeld(table, { workspaceId, endpointId }, MAX_HELD_COUNTED);
}

/** A paused or disabled endpoint gets no probe, although its breaker can be open. */
function nextProbeAt({ status, breaker_opened_at: openedAt, next_probe_at: at }: Endpoint): string | null {
  return status === 'active' && openedAt !== undefined ? (at ?? null) : null;
}

function toJson(endpoint: Endpoint, held: HeldCount, nowMs: number): Record<string, unknown> {
  const health = healthOf(endpoint, nowMs);
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events,
    description: endpoint.description ?? null,
    status: endpoint.status,
    status_reason: endpoint.status_reason ?? null,
    status_changed_at: endpoint.status_changed_at,
    health,
    failing_since:
      health === 'failing' ? (endpoint.failing_since ?? endpoint.breaker_opened_at ?? null) : null,
    next_probe_at: nextProbeAt(endpoint),
    consecutive_failures: endpoint.failures ?? 0,
    held_count: held.count,
    held_count_exact: held.exact,
    created_at: endpoint.created_at,
    updated_at: endpoint.updated_at,
  };
}

/** An Endpoint in the form of the API. */
export async function endpointToJson(deps: Deps, endpoint: Endpoint): Promise<Record<string, unknown>> {
  return toJson(endpoint, await countHeldDeliveries(deps, endpoint), deps.now());
}

/**
 * An Endpoint in the form of the API, after a change was stored. A failed count must not fail the request, because the
 * change is stored. After a failed count, the result is 0 and not exact, and the error is returned for the log.
 */
export async function changedEndpointToJson(
  deps: Deps,
  endpoint: Endpoint,
): Promise<{ readonly json: Record<string, unknown>; readonly error?: unknown }> {
  try {
    return { json: await endpointToJson(deps, endpoint) };
  } catch (error) {
    return { json: toJson(endpoint, { count: 0, exact: false }, deps.now()), error };
  }
}
