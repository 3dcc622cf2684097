import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Lanes } from '../../lambdas/delivery/lanes.ts';
import { Clock } from '../../sim/clock.ts';
import { namedError } from '../../sim/aws-error.ts';

const LINGER_MS = 50;

function setUpClock(): Clock {
  const clock = new Clock(0);
  onTestFinished(clock.installTimers());
  return clock;
}

/** A call that returns each item doubled, and a record of its batches. */
function doubling(clock: Clock, durationMs = 10) {
  const batches: (readonly number[])[] = [];
  const call = async (items: readonly number[]): Promise<readonly PromiseSettledResult<number>[]> => {
    batches.push(items);
    await clock.sleep(durationMs);
    return items.map((item) => ({ status: 'fulfilled', value: 2 * item }));
  };
  return { batches, call };
}

/** Runs one lane for each item. Each lane calls the shared function with its item. */
async function callAll(
  clock: Clock,
  share: (lanes: Lanes) => (item: number) => Promise<number>,
  items: readonly number[],
): Promise<readonly PromiseSettledResult<number>[]> {
  const lanes = new Lanes();
  const call = share(lanes);
  const results: PromiseSettledResult<number>[] = [];
  let next = 0;
  const running = lanes.run(items.length, async () => {
    const index = (next += 1) - 1;
    const [result] = await Promise.allSettled([call(items[index] ?? 0)]);
    results[index] = result;
  });
  await clock.run();
  await running;
  return results;
}

describe('lanes', () => {
  it('share one call at once if all of them wait for it, and each gets the result of its item', async () => {
    const clock = setUpClock();
    const { batches, call } = doubling(clock);
    const startedMs: number[] = [];
    const items = [3, 1, 2];
    const results = await callAll(
      clock,
      (lanes) =>
        lanes.share(25, (batch) => {
          startedMs.push(clock.nowMs);
          return call(batch);
        }),
      items,
    );
    expect(batches).toEqual([items]);
    expect(startedMs).toEqual([0]);
    expect(results).toEqual(items.map((item) => ({ status: 'fulfilled', value: 2 * item })));
  });

  it('share calls of a limited size', async () => {
    const clock = setUpClock();
    const { batches, call } = doubling(clock);
    const items = Array.from({ length: 60 }, (_, index) => index);
    await callAll(clock, (lanes) => lanes.share(25, call), items);
    expect(batches.map((batch) => batch.length)).toEqual([25, 25, 10]);
    expect(batches.flat()).toEqual(items);
  });

  it('do not wait for a lane that is busy for more than 50 ms', async () => {
    const clock = setUpClock();
    const { call } = doubling(clock);
    const lanes = new Lanes();
    const startedMs: number[] = [];
    const shared = lanes.share(25, (items: readonly number[]) => {
      startedMs.push(clock.nowMs);
      return call(items);
    });
    let isFirst = true;
    const running = lanes.run(3, async () => {
      const delayMs = isFirst ? 15_000 : 5;
      isFirst = false;
      await clock.sleep(delayMs);
      await shared(1);
    });
    await clock.run();
    await running;
    expect(startedMs).toEqual([5 + LINGER_MS, 15_000]);
  });

  it('that have ended are not waited for', async () => {
    const clock = setUpClock();
    const { batches, call } = doubling(clock);
    const lanes = new Lanes();
    const shared = lanes.share(25, call);
    const queue = [1, 2, 3].values();
    const running = lanes.run(3, async () => {
      const { value } = queue.next();
      if (value !== 3) await shared(value ?? 0);
    });
    await clock.run();
    await running;
    expect(batches).toEqual([[1, 2]]);
    expect(clock.nowMs).toBeLessThanOrEqual(LINGER_MS);
  });

  it('get the error of their own item, if the call returns one', async () => {
    const clock = setUpClock();
    const reason = new Error('refused');
    const call = async (items: readonly number[]): Promise<readonly PromiseSettledResult<number>[]> =>
      items.map((value) => (value === 2 ? { status: 'rejected', reason } : { status: 'fulfilled', value }));
    expect(await callAll(clock, (lanes) => lanes.share(25, call), [1, 2, 3])).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  it('fail alone if the whole call is refused because of one item', async () => {
    const clock = setUpClock();
    const { batches, call } = doubling(clock);
    const reason = namedError('ValidationException', 'refused');
    const results = await callAll(
      clock,
      (lanes) =>
        lanes.share(25, async (items: readonly number[]) => {
          const settled = await call(items);
          if (items.includes(2)) throw reason;
          return settled;
        }),
      [1, 2, 3],
    );
    expect(results).toEqual([
      { status: 'fulfilled', value: 2 },
      { status: 'rejected', reason },
      { status: 'fulfilled', value: 6 },
    ]);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it('fail together if the call is throttled, because more calls would only add to the load', async () => {
    const clock = setUpClock();
    const reason = namedError('ThrottlingException', 'throttled');
    let calls = 0;
    const results = await callAll(
      clock,
      (lanes) =>
        lanes.share(25, () => {
          calls += 1;
          return Promise.reject(reason);
        }),
      [1, 2, 3],
    );
    expect(results).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason })));
    expect(calls).toBe(1);
  });

  it('get an error if the call returns too few results', async () => {
    const clock = setUpClock();
    const [result] = await callAll(clock, (lanes) => lanes.share(25, async () => []), [1]);
    expect(result?.status).toBe('rejected');
  });

  it('all end before the error of one of them is thrown', async () => {
    const clock = setUpClock();
    const lanes = new Lanes();
    let ended = 0;
    let started = 0;
    const running = lanes.run(3, async () => {
      started += 1;
      if (started === 1) throw new Error('of a lane');
      await clock.sleep(1_000);
      ended += 1;
    });
    const settled = Promise.allSettled([running]);
    await clock.run();
    expect(await settled).toEqual([{ status: 'rejected', reason: new Error('of a lane') }]);
    expect(ended).toBe(2);
  });
});

/** What a lane does next: it is busy for a time, or it makes one of two shared calls. */
const STEP = fc.oneof(
  fc.record({ kind: fc.constant('busy' as const), ms: fc.integer({ min: 0, max: 120 }) }),
  fc.record({
    kind: fc.constantFrom('left' as const, 'right' as const),
    ms: fc.integer({ min: 0, max: 120 }),
  }),
);

describe('lanes with any schedule', () => {
  it('end, get their own results, and wait at most 50 ms for a call to start', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(STEP, { maxLength: 8 }), { minLength: 1, maxLength: 24 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(20),
        async (schedules, size, refused) => {
          const clock = new Clock(0);
          const restore = clock.installTimers();
          try {
            const lanes = new Lanes();
            const waits: number[] = [];
            const sizes: number[] = [];
            const shareCall = (factor: number) =>
              lanes.share(size, async (items: readonly { readonly id: number; readonly atMs: number }[]) => {
                sizes.push(items.length);
                for (const { atMs } of items) waits.push(clock.nowMs - atMs);
                await clock.sleep(items.length * 3);
                // An item that AWS refuses makes the whole call fail.
                if (items.some(({ id }) => id % 21 === refused)) throw new Error(`refused ${items.length}`);
                return items.map(({ id }) => ({ status: 'fulfilled' as const, value: factor * id }));
              });
            const calls = { left: shareCall(2), right: shareCall(3) };
            let ended = 0;
            let ids = 0;
            const queue = schedules.values();
            const running = lanes.run(schedules.length, async () => {
              const { value: steps = [] } = queue.next();
              for (const { kind, ms } of steps) {
                if (kind === 'busy') {
                  await clock.sleep(ms);
                  continue;
                }
                const id = (ids += 1);
                const [result] = await Promise.allSettled([calls[kind]({ id, atMs: clock.nowMs })]);
                const isRefused = id % 21 === refused;
                expect(result).toEqual(
                  isRefused
                    ? { status: 'rejected', reason: new Error('refused 1') }
                    : { status: 'fulfilled', value: (kind === 'left' ? 2 : 3) * id },
                );
              }
              ended += 1;
            });
            await clock.run();
            // Without a deadlock, no timer is left when the lanes have ended.
            expect(ended).toBe(schedules.length);
            await running;
            expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(size);
            // A repetition of a single item comes after the first call.
            expect(Math.max(0, ...waits)).toBeLessThanOrEqual(LINGER_MS + 3 * size);
          } finally {
            restore();
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
