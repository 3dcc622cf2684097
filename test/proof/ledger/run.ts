/** Six hours of email events through a simulated deployment in which calls to AWS and to receivers fail at random. */
import type { Recovery } from '../../../lambdas/core/commands.ts';
import type { DeliveryStatus } from '../../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import { randomId } from '../../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import { putRecovery } from '../../../lambdas/store/commands.ts';
import { updateEndpoint } from '../../../lambdas/store/endpoints.ts';
import { randomLifecycle, type PublishedMessage } from '../../../sim/ses/email-lifecycle.ts';
import { NO_FAULTS, randomFaults, type CallCounts } from '../../../sim/faults.ts';
import { SimulatedDeployment } from '../../../sim/deployment.ts';
import {
  checkCounters,
  checkDeliveries,
  checkEvents,
  checkHealth,
  checkRequests,
  checkSuppressions,
  type Findings,
} from './ledger.ts';
import { createTenants, type Tenants } from './setup.ts';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
const SPAN_MS = 6 * 3_600_000;
const HOUR_MS = 3_600_000;
const DUPLICATED = 0.1;
const LATE = 0.1;

export interface LedgerOptions {
  readonly seed: number;
  /** The number of messages that SES publishes, including duplicates. */
  readonly messages: number;
  /** The share of calls that fail. */
  readonly faultShare: number;
}

/** Generates the messages of SES. A tenth is published twice, and a tenth arrives late. */
function publishedMessages(
  world: SimulatedDeployment,
  tenants: Tenants,
  count: number,
): readonly PublishedMessage[] {
  const { dice } = world;
  const all: PublishedMessage[] = [];
  while (all.length < count) {
    const acceptedAtMs = START_MS + dice.below(SPAN_MS);
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

export interface LedgerReport {
  /** The findings with faults, after all work has ended. */
  readonly withFaults: readonly Findings[];
  /** The findings after the receivers work again and everything missed has been recovered. */
  readonly recovered: readonly Findings[];
  /** The calls while faults were injected. */
  readonly tally: CallCounts;
}

export async function runLedger({ seed, messages, faultShare }: LedgerOptions): Promise<LedgerReport> {
  const world = new SimulatedDeployment({ seed, startMs: START_MS });
  const tenants = await createTenants(world);
  const published = publishedMessages(world, tenants, messages);
  const restore = world.clock.installTimers();
  try {
    for (const { atMs, body } of published)
      world.clock.after(atMs - world.clock.nowMs, () => world.ingestQueue.send(body));
    world.faults = randomFaults(world.dice, faultShare);
    await world.clock.run();
    const withFaults = checkAll(world, tenants, published);
    const tally = structuredClone(world.callCounts);
    world.faults = NO_FAULTS;
    await recoverAll(world, tenants.endpoints);
    const recovered = checkAll(world, tenants, published, new Set(['delivered']));
    return { withFaults, recovered, tally };
  } finally {
    restore();
  }
}

function checkAll(
  world: SimulatedDeployment,
  { endpoints }: Tenants,
  published: readonly PublishedMessage[],
  mustBe?: ReadonlySet<DeliveryStatus>,
): readonly Findings[] {
  return [
    checkEvents(world, published),
    checkDeliveries(world, endpoints, mustBe),
    checkRequests(world, endpoints),
    checkCounters(world, published),
    checkSuppressions(world),
    checkHealth(world, endpoints),
    {
      violations: world.failedExecutions.map(
        ({ name, error }) => `execution ${name} ended: ${error.message}`,
      ),
      figures: {
        'keys in the dead-letter queues': world.deadLetters.length,
        'discarded stream records': countDiscarded(world),
      },
    },
  ];
}

function countDiscarded(world: SimulatedDeployment): number {
  return world.dispatchReader.discarded.length + world.tallyReader.discarded.length;
}

/** Repairs the receivers, resumes all endpoints and recovers everything that they missed, as an operator does. */
export async function recoverAll(world: SimulatedDeployment, endpoints: readonly Endpoint[]): Promise<void> {
  for (const receiver of world.receivers.values()) receiver.behavior = () => ({});
  const at = formatTimestamp(world.clock.nowMs);
  const randomBytes = (size: number): Uint8Array => world.dice.bytes(size);
  for (const { id, workspace_id: workspaceId } of endpoints) {
    const change = { id: randomId('req', randomBytes), at, action: 'resumed' as const, by: 'ivymail' };
    await updateEndpoint(
      world.table,
      { workspaceId, endpointId: id },
      { changes: { status: 'active' }, historyEntry: change },
    );
    const recovery: Recovery = {
      id: randomId('rcv', randomBytes),
      workspace_id: workspaceId,
      endpoint_id: id,
      since: formatTimestamp(START_MS),
      until: at,
      status: 'running',
      count: 0,
      started: 0,
      created_at: at,
    };
    await putRecovery(world.table, recovery);
  }
  await world.clock.run();
}
