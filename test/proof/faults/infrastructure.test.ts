import { describe, expect } from 'vitest';
import { checkDeliveries, checkEvents, checkRequests } from '../ledger/ledger.ts';
import { sized } from '../size.ts';
import type { FaultPlan } from '../../../sim/faults.ts';
import type { SimulatedDeployment } from '../../../sim/deployment.ts';
import { addEndpoint, deployment, MINUTE_MS, rows, run, sent, START_MS } from './deployment.ts';
import { fault } from './fault.ts';

/** Every call with a matching name fails for a minute. */
function down(world: SimulatedDeployment, name: RegExp, fromMs: number): FaultPlan {
  return (call) => {
    const sinceMs = world.clock.nowMs - START_MS - fromMs;
    return name.test(call.name) && sinceMs >= 0 && sinceMs < MINUTE_MS ? 'error' : undefined;
  };
}

describe('a deployment', () => {
  fault(37, async () => {
    const world = deployment();
    const endpoint = await addEndpoint(world, 'healthy');
    const published = Array.from({ length: 9 }, () => sent(world, START_MS));
    const all = [
      ...published,
      { atMs: START_MS, body: 'poison', expectedEvents: [], unreadable: true as const },
    ];
    let writes = 0;
    // The first batch is stored, and its process ends before it can respond.
    world.faults = ({ name }) =>
      name === 'BatchWriteCommand' && (writes += 1) === 1 ? 'killed_after' : undefined;
    await run(world, all);
    const checks = [checkEvents(world, all), checkDeliveries(world, [endpoint], new Set(['delivered']))];
    expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
    const received = [...(world.receivers.get(endpoint.url)?.receivedByEvent.values() ?? [])];
    expect(writes).toBeGreaterThan(1);
    expect([received.length, received.every(({ requests }) => requests === 1)]).toEqual([9, true]);
    return `${rows(world, 'event').length} events, ${rows(world, 'quarantine').length} quarantined, ${writes} batch writes, ${received.length} webhooks, each sent once`;
  });

  fault(38, async () => {
    const observed: string[] = [];
    const outages: Readonly<Record<string, (world: SimulatedDeployment) => FaultPlan>> = {
      'DynamoDB down': (world) => down(world, /Command$/, MINUTE_MS),
      // From the start, because an opened secret stays in the cache for five minutes.
      'KMS down': (world) => down(world, /^Decrypt$/, 0),
      'starts throttled': (world) => (call) =>
        call.name === 'StartExecution' && world.dice.chance(0.5) ? 'throttled' : undefined,
    };
    for (const [name, faults] of Object.entries(outages)) {
      const world = deployment();
      const endpoint = await addEndpoint(world, 'healthy');
      const published = Array.from({ length: sized(300, 3_000) }, () =>
        sent(world, START_MS + world.dice.below(3 * MINUTE_MS)),
      );
      world.faults = faults(world);
      await run(world, published);
      const checks = [
        checkEvents(world, published),
        checkDeliveries(world, [endpoint], new Set(['delivered'])),
        checkRequests(world, [endpoint]),
      ];
      expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
      expect(world.ingestQueue.deadLetters).toEqual([]);
      const attempts = rows(world, 'attempt');
      // No receiver failed, so every counted attempt is a success, and every event has exactly one.
      expect(attempts.filter((row) => row['error_class'] !== undefined)).toEqual([]);
      expect(attempts).toHaveLength(published.length);
      expect(Object.values(world.callCounts.faults).reduce((sum, each) => sum + each, 0)).toBeGreaterThan(10);
      observed.push(`${name}: ${attempts.length} of ${published.length} delivered at the first attempt`);
    }
    return observed.join('; ');
  });

  fault(39, async () => {
    let crashes = 0;
    let repeated = 0;
    for (let call = 1; call <= sized(60, 400); call += 1) {
      const world = deployment();
      const endpoint = await addEndpoint(world, 'flaky', {
        behavior: () => (world.dice.chance(0.3) ? { status: 500 } : {}),
      });
      const published = Array.from({ length: 5 }, () => sent(world, START_MS + world.dice.below(MINUTE_MS)));
      let calls = 0;
      world.faults = ({ possible }) => {
        if (!possible.includes('killed')) return undefined;
        calls += 1;
        return calls === call ? (call % 2 === 0 ? 'killed' : 'killed_after') : undefined;
      };
      await run(world, published);
      const requests = checkRequests(world, [endpoint]);
      const checks = [checkEvents(world, published), checkDeliveries(world, [endpoint]), requests];
      expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
      const extra = requests.figures['requests whose attempt was not recorded'] ?? 0;
      expect(extra).toBeLessThanOrEqual(1);
      crashes += Object.values(world.callCounts.faults).length;
      repeated += extra;
    }
    expect(crashes).toBeGreaterThan(50);
    return `${crashes} crashes, nothing lost, ${repeated} extra requests; the section “A crash at every await” covers every await`;
  });
});
