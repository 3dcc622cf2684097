import { describe, expect } from 'vitest';
import { checkDeliveries, checkEvents, checkRequests, recordedAttempts } from '../ledger/ledger.ts';
import { sized } from '../size.ts';
import type { FaultPlan } from '../../../sim/faults.ts';
import type { SimulatedDeployment } from '../../../sim/deployment.ts';
import { createDeployment } from './deployment.ts';
import { addEndpoint, MINUTE_MS, rows, run, sent, START_MS } from '../../../sim/builders/deployment.ts';
import { fault } from './fault.ts';

/** Every call with a matching name fails for a minute. */
function down(deployment: SimulatedDeployment, name: RegExp, fromMs: number): FaultPlan {
  return (call) => {
    const sinceMs = deployment.clock.nowMs - START_MS - fromMs;
    return name.test(call.name) && sinceMs >= 0 && sinceMs < MINUTE_MS ? 'error' : undefined;
  };
}

describe('a deployment', () => {
  fault(37, async () => {
    const deployment = createDeployment();
    const endpoint = await addEndpoint(deployment, 'healthy');
    const published = Array.from({ length: 9 }, () => sent(deployment, START_MS));
    const all = [
      ...published,
      { atMs: START_MS, body: 'poison', expectedEvents: [], unreadable: true as const },
    ];
    let writes = 0;
    // The first batch is stored, and its process ends before it can respond.
    deployment.faults = ({ name }) =>
      name === 'BatchWriteCommand' && (writes += 1) === 1 ? 'killed_after' : undefined;
    await run(deployment, all);
    const checks = [
      checkEvents(deployment, all),
      checkDeliveries(deployment, [endpoint], new Set(['delivered'])),
    ];
    expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
    const received = [...(deployment.receivers.get(endpoint.url)?.receivedByEvent.values() ?? [])];
    expect(writes).toBeGreaterThan(1);
    expect([received.length, received.every(({ requests }) => requests === 1)]).toEqual([9, true]);
    return `${rows(deployment, 'event').length} events, ${rows(deployment, 'quarantine').length} quarantined, ${writes} batch writes, ${received.length} webhooks, each sent once`;
  });

  fault(38, async () => {
    const observed: string[] = [];
    const outages: Readonly<Record<string, (deployment: SimulatedDeployment) => FaultPlan>> = {
      'DynamoDB down': (deployment) => down(deployment, /Command$/, MINUTE_MS),
      // From the start, because an opened secret stays in the cache for five minutes.
      'KMS down': (deployment) => down(deployment, /^Decrypt$/, 0),
      'starts throttled': (deployment) => (call) =>
        call.name === 'StartExecution' && deployment.dice.chance(0.5) ? 'throttled' : undefined,
    };
    for (const [name, faults] of Object.entries(outages)) {
      const deployment = createDeployment();
      const endpoint = await addEndpoint(deployment, 'healthy');
      const published = Array.from({ length: sized(300, 3_000) }, () =>
        sent(deployment, START_MS + deployment.dice.below(3 * MINUTE_MS)),
      );
      deployment.faults = faults(deployment);
      await run(deployment, published);
      const checks = [
        checkEvents(deployment, published),
        checkDeliveries(deployment, [endpoint], new Set(['delivered'])),
        checkRequests(deployment, [endpoint]),
      ];
      expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
      expect(deployment.ingestQueue.deadLetters).toEqual([]);
      const { own, inside } = recordedAttempts(deployment);
      const attempts = [...own, ...inside].map(({ attempt }) => attempt);
      // No receiver failed, so every counted attempt is a success, and every event has exactly one.
      expect(attempts.filter(({ error_class: error }) => error !== undefined)).toEqual([]);
      expect(attempts).toHaveLength(published.length);
      expect(
        Object.values(deployment.callCounts.faults).reduce((sum, each) => sum + each, 0),
      ).toBeGreaterThan(10);
      observed.push(`${name}: ${attempts.length} of ${published.length} delivered at the first attempt`);
    }
    return observed.join('; ');
  });

  fault(39, async () => {
    let crashes = 0;
    let repeated = 0;
    for (let call = 1; call <= sized(60, 400); call += 1) {
      const deployment = createDeployment();
      const endpoint = await addEndpoint(deployment, 'flaky', {
        behavior: () => (deployment.dice.chance(0.3) ? { status: 500 } : {}),
      });
      const published = Array.from({ length: 5 }, () =>
        sent(deployment, START_MS + deployment.dice.below(MINUTE_MS)),
      );
      let calls = 0;
      deployment.faults = ({ possible }) => {
        if (!possible.includes('killed')) return undefined;
        calls += 1;
        return calls === call ? (call % 2 === 0 ? 'killed' : 'killed_after') : undefined;
      };
      await run(deployment, published);
      const requests = checkRequests(deployment, [endpoint]);
      const checks = [checkEvents(deployment, published), checkDeliveries(deployment, [endpoint]), requests];
      expect(checks.flatMap(({ violations }) => violations)).toEqual([]);
      const extra = requests.figures['requests whose attempt was not recorded'] ?? 0;
      const inFlight = [...deployment.allowedExtraRequests.values()];
      expect(inFlight).toEqual(inFlight.map(() => 1));
      expect(extra).toBeLessThanOrEqual(inFlight.length);
      crashes += Object.values(deployment.callCounts.faults).length;
      repeated += extra;
    }
    expect(crashes).toBeGreaterThan(50);
    return `${crashes} crashes, nothing lost, ${repeated} extra requests; the section “A crash at every await” covers every await`;
  });
});
