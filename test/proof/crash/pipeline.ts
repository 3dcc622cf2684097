import { crashAt, hasCrashed, settledAwaits } from './points.ts';
import { afterAll, describe, expect, it } from 'vitest';
import {
  checkClaims,
  checkCounters,
  checkDeliveries,
  checkEvents,
  checkHealth,
  checkRequests,
  checkSuppressions,
} from '../ledger/ledger.ts';
import { checkReputation } from '../ledger/reputation.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { SEED, sized } from '../size.ts';
import { createScenario, runScenario, type Scenario } from './scenario.ts';

async function violationsOf({ deployment, published, endpoints }: Scenario): Promise<readonly string[]> {
  return [
    checkEvents(deployment, published),
    checkDeliveries(deployment, endpoints),
    checkRequests(deployment, endpoints),
    checkClaims(deployment, endpoints),
    checkCounters(deployment, published),
    checkSuppressions(deployment),
    checkHealth(deployment, endpoints),
    await checkReputation(deployment, endpoints),
    { violations: deployment.failedExecutions.map(({ name }) => `execution ${name} failed`) },
    { violations: deployment.ingestQueue.deadLetters.map((body) => `in the dead-letter queue: ${body}`) },
  ].flatMap(({ violations }) => violations);
}

/** Up to `count` numbers, evenly spread from 1 to `times`, including both ends. */
function spread(times: number, count: number): readonly number[] {
  const step = Math.max(1, (times - 1) / (count - 1));
  return [...new Set(Array.from({ length: count }, (_, n) => Math.min(times, Math.round(1 + n * step))))];
}

function repeatedRequests({ deployment, endpoints }: Scenario): number {
  return checkRequests(deployment, endpoints).figures['requests whose attempt was not recorded'] ?? 0;
}

/** Two test files share the awaits, so that they run on two cores. */
const HALVES = { first: 0, second: 1 } as const;

/** Defines the tests that end a process at each await of a half: every second await, in the order of the scenario. */
export async function testCrashes(half: keyof typeof HALVES): Promise<void> {
  const withoutCrash = await createScenario(SEED);
  await runScenario(withoutCrash);
  const points = [...settledAwaits].filter((_, index) => index % 2 === HALVES[half]);
  const tally = { crashes: 0, lost: 0, repeated: 0, mostInFlight: 0 };

  afterAll(() => {
    recordFigures(`crash-${half}-half`, {
      awaits: points.length,
      crashes: tally.crashes,
      'crashes that lost data': tally.lost,
      'extra requests, at most one for each delivery in flight': tally.repeated,
      'the most deliveries in flight at a crash': tally.mostInFlight,
    });
  });

  describe('the scenario without a crash', () => {
    it('passes every check of the ledger and makes no extra request', async () => {
      expect(await violationsOf(withoutCrash)).toEqual([]);
      expect(repeatedRequests(withoutCrash)).toBe(0);
      expect([...withoutCrash.deployment.allowedExtraRequests]).toEqual([]);
    });
  });

  describe('a crash at the await', () => {
    it.each(points)('%s loses nothing, and repeats only the requests in flight', async (label, times) => {
      for (const nth of spread(times, sized(2, 10))) {
        const scenario = await createScenario(SEED);
        crashAt(label, nth);
        await runScenario(scenario);
        const violations = await violationsOf(scenario);
        const repeated = repeatedRequests(scenario);
        tally.crashes += hasCrashed() ? 1 : 0;
        tally.lost += violations.length > 0 ? 1 : 0;
        tally.repeated += repeated;
        expect({ nth, crashed: hasCrashed(), violations }).toEqual({ nth, crashed: true, violations: [] });
        // The deliveries whose requests were sent and not recorded. The ledger allows one more request for each of them.
        const inFlight = [...scenario.deployment.allowedExtraRequests.values()];
        tally.mostInFlight = Math.max(tally.mostInFlight, inFlight.length);
        expect(inFlight).toEqual(inFlight.map(() => 1));
        expect(repeated).toBeLessThanOrEqual(inFlight.length);
        crashAt(undefined);
      }
    });
  });
}
