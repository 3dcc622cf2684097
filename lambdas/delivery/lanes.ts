import { awsErrorKind } from '../core/aws-errors.ts';

/** How long a call waits for other lanes to join it. A receiver's slowest response in a row of 20 then delays no other result. */
const LINGER_MS = 50;

interface Caller<T, R> {
  readonly item: T;
  readonly resolve: (value: R) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lanes that work at the same time and share their calls to AWS. A shared call starts when every lane waits for a shared call,
 * when it has as many items as it can take, or after 50 ms. So 20 deliveries need one call where they would need 20.
 */
export class Lanes {
  /** Lanes that do not wait for a shared call. */
  private active = 0;
  /** The shared calls that have waiting items. */
  private readonly waiting = new Set<() => void>();

  /** Runs `work` in `count` lanes until all have ended. Then throws the error of the first lane that failed, if any. */
  async run(count: number, work: () => Promise<void>): Promise<void> {
    this.active += count;
    const ends = await Promise.allSettled(
      Array.from({ length: count }, async () => {
        try {
          await work();
        } finally {
          this.leave();
        }
      }),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /**
   * A function that lanes call with one item each. `call` gets the items of up to `size` lanes, and returns one result for each
   * item in the same order. If `call` throws an error that is not transient for several items, it is called again for each item
   * alone. So one item that AWS refuses fails alone.
   */
  share<T, R>(
    size: number,
    call: (items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>,
  ): (item: T) => Promise<R> {
    const callers: Caller<T, R>[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = (): void => {
      clearTimeout(timer);
      this.waiting.delete(flush);
      if (callers.length > 0) void this.settle(callers.splice(0), call);
    };
    return (item) =>
      new Promise<R>((resolve, reject) => {
        callers.push({ item, resolve, reject });
        if (callers.length === 1) {
          this.waiting.add(flush);
          timer = setTimeout(flush, LINGER_MS);
        }
        if (callers.length === size) flush();
        this.leave();
      });
  }

  private leave(): void {
    this.active -= 1;
    if (this.active === 0) for (const flush of this.waiting) flush();
  }

  private async settle<T, R>(
    callers: readonly Caller<T, R>[],
    call: (items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>,
  ): Promise<void> {
    const results = await callSettled(
      callers.map(({ item }) => item),
      call,
    );
    // The lanes continue together. If each lane counted itself when it continues, the first one would find no other active lane.
    this.active += callers.length;
    for (const [index, { resolve, reject }] of callers.entries()) {
      const result = results[index];
      if (result?.status === 'fulfilled') resolve(result.value);
      else reject(result?.reason ?? new Error('A shared call returned too few results'));
    }
  }
}

async function callSettled<T, R>(
  items: readonly T[],
  call: (items: readonly T[]) => Promise<readonly PromiseSettledResult<R>[]>,
): Promise<readonly PromiseSettledResult<R>[]> {
  try {
    return await call(items);
  } catch (reason) {
    // A call that AWS throttles is throttled again. 20 calls instead of one would only add to its load.
    if (items.length === 1 || awsErrorKind(reason) === 'transient')
      return items.map(() => ({ status: 'rejected', reason }));
    const alone = await Promise.all(items.map((item) => callSettled([item], call)));
    return alone.flat();
  }
}
