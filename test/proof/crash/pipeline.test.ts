import { crashAt, crashed, passed } from './points.ts';
import { afterAll, describe, expect, it } from 'vitest';
import {
  checkCounters,
  checkDeliveries,
  checkEvents,
  checkHealth,
  checkRequests,
  checkSuppressions,
} from '../ledger/ledger.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { SEED, sized } from '../size.ts';
import { aDay, live, type Day } from './scenario.ts';

function violationsOf({ world, published, endpoints }: Day): readonly string[] {
  return [
    checkEvents(world, published),
    checkDeliveries(world, endpoints),
    checkRequests(world, endpoints),
    checkCounters(world, published),
    checkSuppressions(world),
    checkHealth(world, endpoints),
    { violations: world.failedExecutions.map(({ name }) => `execution ${name} failed`) },
    { violations: world.queue.dead.map((body) => `given up: ${body}`) },
  ].flatMap(({ violations }) => violations);
}

/** So many of the numbers from 1 to `times`, the first and the last among them. */
function someOf(times: number, wanted: number): readonly number[] {
  const step = Math.max(1, (times - 1) / (wanted - 1));
  return [...new Set(Array.from({ length: wanted }, (_, n) => Math.min(times, Math.round(1 + n * step))))];
}

function repeatedRequests({ world, endpoints }: Day): number {
  return checkRequests(world, endpoints).figures['requests without an attempt of their own'] ?? 0;
}

const undisturbed = await aDay(SEED);
await live(undisturbed);
const points = new Map(passed);
const tally = { crashes: 0, lost: 0, repeated: 0 };

afterAll(() => {
  recordFigures('crash', {
    awaits: points.size,
    crashes: tally.crashes,
    'crashes that lost something': tally.lost,
    'crashes that cost one more request': tally.repeated,
  });
});

describe('a day without a crash', () => {
  it('is all accounted for, with no request too many', () => {
    expect(violationsOf(undisturbed)).toEqual([]);
    expect(repeatedRequests(undisturbed)).toBe(0);
  });
});

describe('a process that ends where it waits for', () => {
  it.each([...points])('%s loses nothing, and costs one request at the most', async (label, times) => {
    for (const nth of someOf(times, sized(2, 10))) {
      const day = await aDay(SEED);
      crashAt(label, nth);
      await live(day);
      const violations = violationsOf(day);
      const repeated = repeatedRequests(day);
      tally.crashes += crashed() ? 1 : 0;
      tally.lost += violations.length > 0 ? 1 : 0;
      tally.repeated += repeated;
      expect({ nth, crashed: crashed(), violations }).toEqual({ nth, crashed: true, violations: [] });
      expect(repeated).toBeLessThanOrEqual(1);
      crashAt(undefined);
    }
  });
});
