/** Runs a piece of work as soon as fewer pieces than the limit are running. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Creates a gate that runs at most `limit` pieces of work at the same time. The others wait, in the order of their arrival. */
export function createGate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < limit) running += 1;
    // The piece of work that ends passes its place on, so `running` does not change.
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
