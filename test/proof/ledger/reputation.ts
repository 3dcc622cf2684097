/** Pauses and resumes during a run, and the check of what they cause: webhooks, notifications, and the switch of the configuration set. */
import { matchEndpoints, type Endpoint } from '../../../lambdas/core/endpoints.ts';
import { DEFAULT_WORKSPACE_ID, deliveryId } from '../../../lambdas/core/ids.ts';
import { pausedByPerson } from '../../../lambdas/core/reputation/manual.ts';
import { changeScope, resumeScope } from '../../../lambdas/store/change-scope.ts';
import { endpointHistoryPartition } from '../../../lambdas/store/keys.ts';
import { toReputationEvent } from '../../../lambdas/store/reputation-events.ts';
import { listReputationStates } from '../../../lambdas/store/reputation.ts';
import { CONFIGURATION_SET, type SimulatedDeployment } from '../../../sim/deployment.ts';
import type { Findings } from './ledger.ts';

/** A person changes the state of a scope of a workspace. */
interface Change {
  /** Milliseconds after the start of the run. */
  readonly afterMs: number;
  readonly workspaceId: string;
  readonly configurationSet: string | null;
  readonly state: 'paused' | 'resumed';
}

/** The last change leaves the configuration set paused, unlike the start of the run. `unitMs` is the time between two changes. */
function changesOf(otherWorkspaceId: string, unitMs: number): readonly Change[] {
  const ours = { workspaceId: DEFAULT_WORKSPACE_ID };
  return [
    { ...ours, configurationSet: null, state: 'paused' as const },
    { ...ours, configurationSet: CONFIGURATION_SET, state: 'paused' as const },
    { workspaceId: otherWorkspaceId, configurationSet: null, state: 'paused' as const },
    { ...ours, configurationSet: null, state: 'resumed' as const },
    { ...ours, configurationSet: CONFIGURATION_SET, state: 'resumed' as const },
    { workspaceId: otherWorkspaceId, configurationSet: null, state: 'resumed' as const },
    { ...ours, configurationSet: null, state: 'paused' as const },
    { ...ours, configurationSet: null, state: 'resumed' as const },
    { ...ours, configurationSet: CONFIGURATION_SET, state: 'paused' as const },
  ].map((change, index) => ({ ...change, afterMs: (index + 1) * unitMs }));
}

async function apply({ table, clock }: SimulatedDeployment, change: Change): Promise<void> {
  const { workspaceId, configurationSet, state } = change;
  const { nowMs } = clock;
  const scope = { workspaceId, configurationSet, nowMs, retentionDays: 90 };
  const by = 'key_person';
  if (state === 'paused')
    await changeScope(table, scope, (previous) => pausedByPerson(previous, { by, nowMs }));
  else await resumeScope(table, scope, { by, graceHours: 0 });
}

/** Plans pauses and resumes of the default workspace, of its configuration set, and of another workspace. */
export function scheduleReputation(
  deployment: SimulatedDeployment,
  { workspaceId, unitMs }: { readonly workspaceId: string; readonly unitMs: number },
): void {
  for (const change of changesOf(workspaceId, unitMs))
    deployment.clock.after(change.afterMs, () => void apply(deployment, change));
}

/** Whether the endpoint was paused or disabled at some time. A recovery does not contain the reputation events that it missed. */
function wasInactive({ table }: SimulatedDeployment, { workspace_id: workspaceId, id }: Endpoint): boolean {
  const partition = endpointHistoryPartition(workspaceId, id);
  return [...table.rows.values()].some(
    (row) => row.pk === partition && ['paused', 'disabled'].includes(String(row['action'])),
  );
}

export const REPUTATION_FIGURE = 'reputation events';
export const REPUTATION_DELIVERIES_FIGURE = 'deliveries of reputation events';

/**
 * Every reputation event is announced on the alarm topic and has a delivery to each endpoint that names it. The configuration set ends
 * as the states of its scopes require.
 */
export async function checkReputation(
  deployment: SimulatedDeployment,
  endpoints: readonly Endpoint[],
): Promise<Findings> {
  const { table, notifications } = deployment;
  const violations: string[] = [];
  const events = [...table.rows.values()]
    .filter((row) => row['kind'] === 'reputation_event')
    .map(toReputationEvent);
  const deliveries = new Set(
    [...table.rows.values()].filter((row) => row['kind'] === 'delivery').map((row) => row.sk),
  );
  const hasDelivery = (eventId: string, endpointId: string): boolean =>
    [...deliveries].some((sk) => sk.includes(eventId) && sk.endsWith(endpointId));
  let delivered = 0;
  for (const event of events) {
    if (!notifications.some((text) => text.includes(event.event_id)))
      violations.push(`not announced: ${event.event} ${event.event_id}`);
    const candidates = endpoints.filter((endpoint) => endpoint.workspace_id === event.workspace_id);
    for (const endpoint of matchEndpoints(candidates, event))
      if (hasDelivery(event.event_id, endpoint.id)) delivered += 1;
      else if (!wasInactive(deployment, endpoint))
        violations.push(`no delivery ${deliveryId(event.event_id, endpoint.id)}: ${event.event}`);
  }
  const states = await listReputationStates(table, DEFAULT_WORKSPACE_ID);
  const isPaused = states.some(
    ({ configuration_set: set, state }) => state === 'paused' && (set === null || set === CONFIGURATION_SET),
  );
  if (deployment.isSendingEnabled === isPaused)
    violations.push(`the configuration set is ${isPaused ? 'not paused' : 'paused'}`);
  return {
    violations,
    figures: { [REPUTATION_FIGURE]: events.length, [REPUTATION_DELIVERIES_FIGURE]: delivered },
  };
}
