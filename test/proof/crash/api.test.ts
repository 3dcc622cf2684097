import { crashAt, crashed } from './points.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { setUp } from '../../api/harness.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { carryOut, forget, inProcess, pointsOf } from './write.ts';
import { TWICE_AT_ONCE, WRITES } from './writes.ts';

/** Longer than the api λ may run: what was under way has ended. */
const LATER_MS = 31_000;

const awaits = new Set<string>();
const tally = { crashes: 0, halfDone: 0 };

afterAll(() => {
  recordFigures('crash-api', {
    writes: Object.keys(WRITES).length,
    awaits: awaits.size,
    crashes: tally.crashes,
    'crashes that left something half done': tally.halfDone,
  });
});

describe.each(Object.entries(WRITES))('%s, ended in the middle and repeated,', (_, write) => {
  it('leaves nothing half done', async () => {
    const points = await pointsOf(write);
    expect(points.size).toBeGreaterThan(0);
    for (const [label, times] of points)
      for (let nth = 1; nth <= times; nth += 1) {
        awaits.add(label);
        const world = setUp();
        const asked = await write.ask(world);
        crashAt(label, nth);
        await inProcess(world, asked);
        expect({ label, nth, crashed: crashed() }).toEqual({ label, nth, crashed: true });
        crashAt(undefined);
        tally.crashes += 1;
        // Until it is found to have left nothing.
        tally.halfDone += 1;
        forget(world);
        world.world.nowMs += LATER_MS;
        await write.meanwhile?.(world);
        const told = await carryOut(world, asked);
        expect({ label, nth, ok: write.answers.includes(told.status) }).toEqual({ label, nth, ok: true });
        await write.check(world, told);
        tally.halfDone -= 1;
      }
  });
});

it('a process that ends takes with it what it did side by side', async () => {
  const world = setUp();
  const asked = await WRITES[TWICE_AT_ONCE]?.ask(world);
  if (!asked) throw new Error(`Nothing is called ${TWICE_AT_ONCE}`);
  crashAt('store/cursor-key.ts readSealed 1');
  await inProcess(world, asked);
  crashAt(undefined);
  await new Promise(setImmediate);
  expect(world.rows('cursor_key')).toEqual([]);
});
