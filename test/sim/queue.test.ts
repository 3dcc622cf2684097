import { describe } from 'vitest';
import { testQueue, MAX_RECEIVES, VISIBILITY_SECONDS } from '../conformance/queue.ts';
import { Clock } from '../../sim/clock.ts';
import { SimulatedQueue } from '../../sim/queue.ts';
import { Dice, seededRandom } from '../../sim/random.ts';

describe('the model of the queue', () => {
  testQueue(async (consume) => {
    const clock = new Clock(0);
    const queue = new SimulatedQueue({
      clock,
      dice: new Dice(seededRandom(1)),
      visibilityMs: VISIBILITY_SECONDS * 1000,
      maxReceives: MAX_RECEIVES,
      batchSize: 10,
      concurrency: 8,
      duplicateShare: 0,
      consume: async (records) => consume(records),
    });
    return {
      send: async (body) => queue.send(body),
      until: (event, condition) => clock.until(event, condition),
      deadLetters: async () => queue.deadLetters,
      now: clock.now,
    };
  });
});
