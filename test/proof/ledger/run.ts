/** Six hours of email events through a simulated deployment in which calls to AWS and to receivers fail at random. */
import { newRecovery } from '../../../lambdas/core/commands.ts';
import { DEFAULT_MISSED_KINDS } from '../../../lambdas/core/missed-kinds.ts';
import type { DeliveryStatus } from '../../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import { randomId } from '../../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import { putRecovery } from '../../../lambdas/store/commands.ts';
import { updateEndpoint } from '../../../lambdas/store/endpoints.ts';
import { randomLifecycle, type PublishedMessage } from '../../../sim/ses/email-lifecycle.ts';
import { NO_FAULTS, randomFaults, type CallCounts } from '../../../sim/faults.ts';
import { SimulatedDeployment, type SimulatedDeploymentOptions } from '../../../sim/deployment.ts';
import {
  checkClaims,
  checkCounters,
  checkDeliveries,
  checkEvents,
  checkHealth,
  checkRequests,
  checkSuppressions,
  type Findings,
} from './ledger.ts';
import { checkReputation, scheduleReputation } from './reputation.ts';
import { createTenants, type Tenants } from './setup.ts';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
const SPAN_MS = 6 * 3_600_000;
const HOUR_MS = 3_600_000;
const DUPLICATED = 0.1;
const LATE = 0.1;
/** The share of the emails that are accepted within one second of an hour, so that their deliveries travel in groups. */
const BURST = 0.2;

export interface LedgerOptions {
  readonly seed: number;
  /** The number of messages that SES publishes, including duplicates. */
  readonly messages: number;
  /** The share of calls that fail. */
  readonly faultShare: number;
  /** The limits of the account. By default, there are none. */
  readonly account?: Pick<SimulatedDeploymentOptions, 'concurrency' | 'consumerConcurrency'>;
}

/** Generates the messages of SES. A tenth is published twice, and a tenth arrives late. */
function publishedMessages(
  deployment: SimulatedDeployment,
  tenants: Tenants,
  count: number,
): readonly PublishedMessage[] {
  const { dice } = deployment;
  const all: PublishedMessage[] = [];
  while (all.length < count) {
    const acceptedAtMs = dice.chance(BURST)
      ? START_MS + dice.below(SPAN_MS / HOUR_MS) * HOUR_MS + dice.below(1_000)
      : START_MS + dice.below(SPAN_MS);
    for (const each of randomLifecycle(dice, {
      acceptedAtMs,
      workspaceId: dice.pick(tenants.workspaceIds),
    })) {
      const late = dice.chance(LATE) ? dice.below(HOUR_MS) : dice.below(2_000);
      all.push({ ...each, atMs: each.atMs + late });
      if (dice.chance(DUPLICATED)) all.push({ ...each, atMs: each.atMs + dice.below(3 * HOUR_MS) });
    }
  }
  return all.slice(0, count);
}

export const GROUPS_FIGURE = 'invocations with several deliveries';

export interface LedgerReport {
  /** The findings with faults, after all work has ended. */
  readonly withFaults: readonly Findings[];
  /** The findings after the receivers work again and everything missed has been recovered. */
  readonly recovered: readonly Findings[];
  /** The calls while faults were injected. */
  readonly tally: CallCounts;
}

export async function runLedger({
  seed,
  messages,
  faultShare,
  account,
}: LedgerOptions): Promise<LedgerReport> {
  const deployment = new SimulatedDeployment({ seed, startMs: START_MS, ...account });
  const tenants = await createTenants(deployment);
  const published = publishedMessages(deployment, tenants, messages);
  const other = tenants.workspaceIds.at(-1) ?? '';
  scheduleReputation(deployment, { workspaceId: other, unitMs: SPAN_MS / 10 });
  const restore = deployment.clock.installTimers();
  try {
    for (const { atMs, body } of published)
      deployment.clock.after(atMs - deployment.clock.nowMs, () => deployment.ingestQueue.send(body));
    deployment.faults = randomFaults(deployment.dice, faultShare);
    await deployment.clock.run();
    const withFaults = await checkAll(deployment, tenants, published);
    const tally = structuredClone(deployment.callCounts);
    deployment.faults = NO_FAULTS;
    await recoverAll(deployment, tenants.endpoints);
    const recovered = await checkAll(deployment, tenants, published, new Set(['delivered']));
    return { withFaults, recovered, tally };
  } finally {
    restore();
  }
}

async function checkAll(
  deployment: SimulatedDeployment,
  { endpoints }: Tenants,
  published: readonly PublishedMessage[],
  mustBe?: ReadonlySet<DeliveryStatus>,
): Promise<readonly Findings[]> {
  return [
    checkEvents(deployment, published),
    checkDeliveries(deployment, endpoints, mustBe),
    checkRequests(deployment, endpoints),
    checkClaims(deployment, endpoints, mustBe !== undefined),
    checkCounters(deployment, published),
    checkSuppressions(deployment),
    checkHealth(deployment, endpoints),
    await checkReputation(deployment, endpoints),
    {
      violations: [
        ...deployment.failedExecutions.map(({ name, error }) => `execution ${name} ended: ${error.message}`),
        ...(deployment.invocations.timedOut > 0
          ? [`${deployment.invocations.timedOut} invocations timed out`]
          : []),
      ],
      figures: {
        [GROUPS_FIGURE]: deployment.groups.several,
        'keys in the dead-letter queues': deployment.deadLetters.length,
        'discarded stream records': countDiscarded(deployment),
      },
    },
  ];
}

function countDiscarded(deployment: SimulatedDeployment): number {
  return deployment.dispatchReader.discarded.length + deployment.tallyReader.discarded.length;
}

/** Repairs the receivers, resumes all endpoints and recovers everything that they missed, as an operator does. */
export async function recoverAll(
  deployment: SimulatedDeployment,
  endpoints: readonly Endpoint[],
): Promise<void> {
  for (const receiver of deployment.receivers.values()) receiver.behavior = () => ({});
  const at = formatTimestamp(deployment.clock.nowMs);
  const randomBytes = (size: number): Uint8Array => deployment.dice.bytes(size);
  for (const { id, workspace_id: workspaceId } of endpoints) {
    const change = {
      id: randomId('req', randomBytes),
      at,
      action: 'resumed' as const,
      by: 'ivymail',
      filter: null,
    };
    await updateEndpoint(
      deployment.table,
      { workspaceId, endpointId: id },
      { changes: { status: 'active' }, historyEntry: change },
    );
    // The kinds that a recovery includes by default contain everything that was lost.
    const recovery = newRecovery({
      id: randomId('rcv', randomBytes),
      endpoint: { id, workspace_id: workspaceId },
      range: { since: formatTimestamp(START_MS), until: at },
      include: DEFAULT_MISSED_KINDS,
      count: 0,
      nowMs: deployment.clock.nowMs,
    });
    await putRecovery(deployment.table, recovery);
  }
  const restore = deployment.clock.installTimers();
  try {
    await deployment.clock.run();
  } finally {
    restore();
  }
}
