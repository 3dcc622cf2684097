import { describe, expect } from 'vitest';
import type { Delivery } from '../../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import { toDelivery } from '../../../lambdas/store/deliveries.ts';
import { checkDeliveries, checkEvents, checkRequests, rowOf } from '../ledger/ledger.ts';
import { recoverAll } from '../ledger/run.ts';
import { sized } from '../size.ts';
import type { Published } from '../../../sim/ses/email-lifecycle.ts';
import { ACCOUNT_CONCURRENCY, type SimulatedDeployment } from '../../../sim/deployment.ts';
import { addEndpoint, delivered, deployment, MINUTE_MS, rows, run, sent, START_MS } from './deployment.ts';
import { fault } from './fault.ts';

/** As long as an attempt may take. */
const HANG_MS = 15_000;
const PER_SECOND = 30;
const HEALED_MS = START_MS + 60 * MINUTE_MS;

/** An attempt that found the breaker closed sends a moment later. */
const UNDER_WAY_MS = 1_000;
/** In the hour until it is well again: one after 1 min, 2 min, 4 min, and so on, no further apart than a quarter of an hour. */
const MOST_PROBES = 8;
/** Three refusals within 14 s, then a minute's pause, and two more refusals of Redeliver, whose waits double from 5 s. */
const LONGEST_WAIT_MS = 120_000;

interface Scene {
  readonly world: SimulatedDeployment;
  readonly hanging: Endpoint;
  readonly well: readonly Endpoint[];
}

/** One endpoint that wants `sent`, and 99 that want `delivered`, in an account as AWS hands it out. */
async function scene({ hangs }: { readonly hangs: boolean }): Promise<Scene> {
  const world = deployment({ concurrency: ACCOUNT_CONCURRENCY });
  const hanging = await addEndpoint(world, 'hanging', {
    events: ['sent'],
    behaviour: (nowMs) =>
      hangs && nowMs < HEALED_MS ? { status: undefined, error: 'timeout', afterMs: HANG_MS } : {},
  });
  const well: Endpoint[] = [];
  for (let index = 0; index < 99; index += 1)
    well.push(await addEndpoint(world, `well-${index}`, { events: ['delivered'] }));
  return { world, hanging, well };
}

function spread<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function deliveriesOf(world: SimulatedDeployment, endpoints: readonly Endpoint[]): readonly Delivery[] {
  const ids = new Set(endpoints.map(({ id }) => id));
  return rows(world, 'delivery')
    .map(toDelivery)
    .filter((delivery) => ids.has(delivery.endpoint_id));
}

/** From the event to the end of its delivery, in milliseconds; the shortest first. */
function lagsOf(deliveries: readonly Delivery[]): readonly number[] {
  return deliveries
    .map(({ completed_at: at = '', event_timestamp: from }) => Date.parse(at) - Date.parse(from))
    .toSorted((left, right) => left - right);
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function expectAllDelivered({ world, hanging, well }: Scene, published: readonly Published[]): void {
  const endpoints = [hanging, ...well];
  const found = [
    checkEvents(world, published),
    checkDeliveries(world, endpoints, new Set(['delivered'])),
    checkRequests(world, endpoints),
  ];
  expect(found.flatMap(({ violations }) => violations)).toEqual([]);
}

function within(world: SimulatedDeployment, minutes: number): number {
  return START_MS + world.dice.upTo(minutes * MINUTE_MS);
}

/** So many for the one, and something for the others all the while: no more at once than the account allows. */
async function steady({ hangs }: { readonly hangs: boolean }) {
  const made = await scene({ hangs });
  const { world } = made;
  const minutes = sized(1, 5);
  const published = [
    ...spread(minutes * 60 * PER_SECOND, () => sent(world, within(world, minutes))),
    ...spread(minutes * 40, () => delivered(world, within(world, minutes))),
  ];
  await run(world, published);
  const p99 = percentile(lagsOf(deliveriesOf(world, made.well)), 0.99);
  const { most, refused } = world.invocations;
  await recoverAll(world, [made.hanging]);
  expectAllDelivered(made, published);
  return { p99, most, refused };
}

/** When the events that were attempted at all were sent to the one for the first time. */
function firstRequestsOf({ world, hanging }: Scene): readonly number[] {
  const received = world.receivers.get(hanging.url)?.byEvent.values() ?? [];
  return [...received].map(({ firstMs }) => firstMs);
}

/** Thousands at once for the one, more than the account allows, and some more after them; half of the others' right then. */
async function flood() {
  const made = await scene({ hangs: true });
  const { world, hanging, well } = made;
  const published = [
    ...spread(sized(2_000, 10_000), () => sent(world, START_MS)),
    ...spread(300, () => sent(world, within(world, 5))),
    ...spread(sized(20, 150), () => delivered(world, within(world, 1 / 30))),
    ...spread(sized(20, 150), () => delivered(world, within(world, 2))),
  ];
  await run(world, published, HEALED_MS - 1);
  const openedMs = Date.parse(String(rowOf(world, hanging)?.['breaker_opened_at']));
  const firsts = firstRequestsOf(made);
  const started = firsts.filter((atMs) => atMs <= openedMs + UNDER_WAY_MS).length;
  const held = deliveriesOf(world, [hanging]).filter(({ status }) => status === 'held').length;
  const others = deliveriesOf(world, well);
  const lags = lagsOf(others);
  const attempts = others.map(({ attempt_count: count }) => count);

  await run(world, []);
  const drained = held - deliveriesOf(world, [hanging]).filter(({ status }) => status === 'held').length;
  await recoverAll(world, [hanging]);
  expectAllDelivered(made, published);
  return {
    queued: deliveriesOf(world, [hanging]).length,
    openedMs: openedMs - START_MS,
    started,
    probes: firsts.length - started,
    held,
    drained,
    attempts: new Set(attempts),
    count: lags.length,
    p50: percentile(lags, 0.5),
    p99: percentile(lags, 0.99),
    max: percentile(lags, 1),
    ...world.invocations,
  };
}

describe('an endpoint that hangs', () => {
  fault(40, async () => {
    const alone = await steady({ hangs: false });
    const beside = await steady({ hangs: true });
    // It does hang: what there was of it in the time of one attempt is under way at once.
    expect(beside.most).toBeGreaterThan(Math.max(alone.most, (PER_SECOND * HANG_MS) / 1000));
    expect(beside.refused).toBe(0);
    expect(beside.p99).toBeLessThanOrEqual(2 * alone.p99);

    const flooded = await flood();
    expect([flooded.most, flooded.refused > 0]).toEqual([ACCOUNT_CONCURRENCY, true]);
    expect(flooded.held).toBeGreaterThan(0);
    expect(flooded.started + flooded.probes + flooded.held).toBe(flooded.queued);
    expect(flooded.probes).toBeLessThanOrEqual(MOST_PROBES);
    expect(flooded.drained).toBe(flooded.held);
    expect([...flooded.attempts]).toEqual([1]);
    expect(flooded.max).toBeLessThanOrEqual(LONGEST_WAIT_MS);
    return [
      `${PER_SECOND} events a second for the one (${beside.most} invocations at once): p99 of the others ${beside.p99} ms, ${alone.p99} ms without it`,
      `${flooded.queued} queued (${flooded.most} invocations, ${flooded.refused} refused): breaker open after ${seconds(flooded.openedMs)}, ${flooded.started} attempted, ${flooded.probes} as probes, ${flooded.held} held and drained, all delivered in the end; ${flooded.count} of the others each at the first attempt, p50 ${seconds(flooded.p50)}, p99 ${seconds(flooded.p99)}, at most ${seconds(flooded.max)}`,
    ].join('; ');
  });
});

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
