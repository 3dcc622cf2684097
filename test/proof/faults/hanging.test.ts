import { describe, expect } from 'vitest';
import type { Delivery } from '../../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import { toDelivery } from '../../../lambdas/store/deliveries.ts';
import { checkDeliveries, checkEvents, checkRequests, endpointRow } from '../ledger/ledger.ts';
import { recoverAll } from '../ledger/run.ts';
import { sized } from '../size.ts';
import type { PublishedMessage } from '../../../sim/ses/email-lifecycle.ts';
import { ACCOUNT_CONCURRENCY, type SimulatedDeployment } from '../../../sim/deployment.ts';
import { createDeployment } from './deployment.ts';
import {
  addEndpoint,
  delivered,
  MINUTE_MS,
  rows,
  run,
  sent,
  START_MS,
} from '../../../sim/builders/deployment.ts';
import { fault } from './fault.ts';

/** The deadline of an attempt. */
const HANG_MS = 15_000;
const EVENTS_PER_SECOND = 30;
const HEALED_MS = START_MS + 60 * MINUTE_MS;

/** The wait of the other endpoints for a webhook: of 99 % of their deliveries, and of each. */
const USUAL_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 120_000;

interface Scenario {
  readonly deployment: SimulatedDeployment;
  readonly hanging: Endpoint;
  readonly healthy: readonly Endpoint[];
}

/** One endpoint that receives `sent` and 99 that receive `delivered`, in an account with the default concurrency of AWS. */
async function createScenario({ hangs }: { readonly hangs: boolean }): Promise<Scenario> {
  const deployment = createDeployment({ concurrency: ACCOUNT_CONCURRENCY });
  const hanging = await addEndpoint(deployment, 'hanging', {
    events: ['sent'],
    behavior: (nowMs) =>
      hangs && nowMs < HEALED_MS ? { status: undefined, error: 'timeout', afterMs: HANG_MS } : {},
  });
  const healthy: Endpoint[] = [];
  for (let index = 0; index < 99; index += 1)
    healthy.push(await addEndpoint(deployment, `well-${index}`, { events: ['delivered'] }));
  return { deployment, hanging, healthy };
}

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function deliveriesOf(deployment: SimulatedDeployment, endpoints: readonly Endpoint[]): readonly Delivery[] {
  const ids = new Set(endpoints.map(({ id }) => id));
  return rows(deployment, 'delivery')
    .map(toDelivery)
    .filter((delivery) => ids.has(delivery.endpoint_id));
}

/** The time from each event to the end of its delivery, in milliseconds, in ascending order. */
function lagsOf(deliveries: readonly Delivery[]): readonly number[] {
  return deliveries
    .map(({ completed_at: at = '', event_timestamp: from }) => Date.parse(at) - Date.parse(from))
    .toSorted((left, right) => left - right);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function expectAllDelivered(
  { deployment, hanging, healthy }: Scenario,
  published: readonly PublishedMessage[],
): void {
  const endpoints = [hanging, ...healthy];
  const checks = [
    checkEvents(deployment, published),
    checkDeliveries(deployment, endpoints, new Set(['delivered'])),
    checkRequests(deployment, endpoints),
  ];
  expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
}

function randomTime(deployment: SimulatedDeployment, minutes: number): number {
  return START_MS + deployment.dice.below(minutes * MINUTE_MS);
}

/** A steady stream of events for the hanging endpoint, and some for the others. It stays below the concurrency of the account. */
async function steady({ hangs }: { readonly hangs: boolean }) {
  const scenario = await createScenario({ hangs });
  const { deployment } = scenario;
  const minutes = sized(1, 5);
  const published = [
    ...times(minutes * 60 * EVENTS_PER_SECOND, () => sent(deployment, randomTime(deployment, minutes))),
    ...times(minutes * 40, () => delivered(deployment, randomTime(deployment, minutes))),
  ];
  await run(deployment, published);
  const p99 = percentile(lagsOf(deliveriesOf(deployment, scenario.healthy)), 0.99);
  const { peak, throttled } = deployment.invocations;
  await recoverAll(deployment, [scenario.hanging]);
  expectAllDelivered(scenario, published);
  return { p99, peak, throttled };
}

/**
 * Thousands of events at once for the hanging endpoint, which would exceed the concurrency of the account if each had an invocation
 * of its own, and some more later. Half of the events for the other endpoints come within the first two seconds.
 */
function countHeld({ deployment, hanging }: Scenario): number {
  return deliveriesOf(deployment, [hanging]).filter(({ status }) => status === 'held').length;
}

async function flood() {
  const scenario = await createScenario({ hangs: true });
  const { deployment, hanging, healthy } = scenario;
  const published = [
    ...times(sized(2_000, 10_000), () => sent(deployment, START_MS)),
    ...times(300, () => sent(deployment, randomTime(deployment, 5))),
    ...times(sized(20, 150), () => delivered(deployment, randomTime(deployment, 1 / 30))),
    ...times(sized(20, 150), () => delivered(deployment, randomTime(deployment, 2))),
  ];
  await run(deployment, published, HEALED_MS - 1);
  const openedMs = Date.parse(String(endpointRow(deployment, hanging)?.['breaker_opened_at']));
  const received = [...(deployment.receivers.get(hanging.url)?.receivedByEvent.values() ?? [])];
  const requests = received.reduce((sum, each) => sum + each.requests, 0);
  const held = countHeld(scenario);
  const others = deliveriesOf(deployment, healthy);
  const lags = lagsOf(others);
  const attempts = others.map(({ attempt_count: count }) => count);

  await run(deployment, []);
  const drained = held - countHeld(scenario);
  await recoverAll(deployment, [hanging]);
  expectAllDelivered(scenario, published);
  return {
    queued: deliveriesOf(deployment, [hanging]).length,
    openedMs: openedMs - START_MS,
    attempted: received.length,
    requests,
    held,
    drained,
    attempts: new Set(attempts),
    count: lags.length,
    p50: percentile(lags, 0.5),
    p99: percentile(lags, 0.99),
    max: percentile(lags, 1),
    ...deployment.invocations,
  };
}

describe('an endpoint that hangs', () => {
  fault(40, async () => {
    const alone = await steady({ hangs: false });
    const beside = await steady({ hangs: true });
    // The endpoint does hang, and an invocation waits for many of its attempts at once.
    expect(beside.peak).toBeGreaterThan(alone.peak);
    expect(beside.peak).toBeLessThan((EVENTS_PER_SECOND * HANG_MS) / 1000);
    expect(beside.throttled).toBe(0);
    expect(beside.p99).toBeLessThanOrEqual(2 * alone.p99);

    const flooded = await flood();
    expect(flooded.queued).toBeGreaterThan(ACCOUNT_CONCURRENCY);
    expect(flooded.held).toBeGreaterThan(0);
    expect(flooded.attempted + flooded.held).toBeGreaterThanOrEqual(flooded.queued);
    expect(flooded.drained).toBe(flooded.held);
    expect([...flooded.attempts]).toEqual([1]);
    expect(flooded.p99).toBeLessThanOrEqual(USUAL_WAIT_MS);
    expect(flooded.max).toBeLessThanOrEqual(LONGEST_WAIT_MS);
    expect(flooded.running).toBe(0);
    return [
      `steady stream of ${EVENTS_PER_SECOND} events a second (${beside.peak} concurrent invocations): p99 of the other endpoints ${beside.p99} ms, without the hanging endpoint ${alone.p99} ms`,
      `${flooded.queued} events at once (${flooded.peak} concurrent invocations, ${flooded.throttled} refused): the breaker opened after ${seconds(flooded.openedMs)}; ${flooded.attempted} deliveries attempted by ${flooded.requests} requests, ${flooded.held} held and drained, all delivered in the end; ${flooded.count} deliveries of the other endpoints, each at the first attempt, p50 ${seconds(flooded.p50)}, p99 ${seconds(flooded.p99)}, at most ${seconds(flooded.max)}`,
    ].join('; ');
  });
});

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
