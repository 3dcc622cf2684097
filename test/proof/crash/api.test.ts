import { crashAt, hasCrashed } from './points.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { setUpApi } from '../../api/harness.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { countAwaits, execute, forgetSecrets, runInProcess } from './write.ts';
import { CONCURRENT_CURSOR_KEY, WRITES } from './writes.ts';

/** Longer than the timeout of the api function: the invocation that crashed has ended. */
const LATER_MS = 31_000;

const awaits = new Set<string>();
const tally = { crashes: 0, halfDone: 0 };

afterAll(() => {
  recordFigures('crash-api', {
    writes: Object.keys(WRITES).length,
    awaits: awaits.size,
    crashes: tally.crashes,
    'crashes that left a write half done': tally.halfDone,
  });
});

describe.each(Object.entries(WRITES))('%s', (_, write) => {
  it('leaves nothing half done when its process crashes at any await and the request is repeated', async () => {
    const points = await countAwaits(write);
    expect(points.size).toBeGreaterThan(0);
    for (const [label, times] of points)
      for (let nth = 1; nth <= times; nth += 1) {
        awaits.add(label);
        const harness = setUpApi();
        const action = await write.prepare(harness);
        crashAt(label, nth);
        await runInProcess(harness, action);
        expect({ label, nth, crashed: hasCrashed() }).toEqual({ label, nth, crashed: true });
        crashAt(undefined);
        tally.crashes += 1;
        // Counts as half done until the checks below have passed.
        tally.halfDone += 1;
        forgetSecrets(harness);
        harness.state.nowMs += LATER_MS;
        await write.beforeRepeat?.(harness);
        const response = await execute(harness, action);
        expect({ label, nth, ok: write.statuses.includes(response.status) }).toEqual({
          label,
          nth,
          ok: true,
        });
        await write.check(harness, response);
        tally.halfDone -= 1;
      }
  });
});

it('a process that ends also ends the work that it does in parallel', async () => {
  const harness = setUpApi();
  const action = await WRITES[CONCURRENT_CURSOR_KEY]?.prepare(harness);
  if (!action) throw new Error(`No write has the name ${CONCURRENT_CURSOR_KEY}`);
  crashAt('store/cursor-key.ts readSealed 1');
  await runInProcess(harness, action);
  crashAt(undefined);
  await new Promise(setImmediate);
  expect(harness.rows('cursor_key')).toEqual([]);
});
