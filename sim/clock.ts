/** The virtual clock of a simulated deployment. A simulated day takes seconds. The same seed gives the same order of all steps. */

interface Timer {
  readonly atMs: number;
  /** Timers of the same time run in the order in which they were set. */
  readonly order: number;
  readonly run: () => void;
}

const realSetTimeout = globalThis.setTimeout;

/** Waits until no promise can settle without the next timer. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export class Clock {
  private readonly heap: Timer[] = [];
  private timerCount = 0;

  constructor(public nowMs: number) {}

  readonly now = (): number => this.nowMs;

  after(ms: number, run: () => void): void {
    this.push({ atMs: this.nowMs + Math.max(0, ms), order: (this.timerCount += 1), run });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Runs the timers in order of time, until none is left or the next one is after `untilMs`. */
  async run(untilMs = Infinity): Promise<void> {
    await settle();
    for (let next = this.heap[0]; next && next.atMs <= untilMs; next = this.heap[0]) {
      this.nowMs = next.atMs;
      while (this.heap[0] && this.heap[0].atMs <= this.nowMs) this.pop()?.run();
      await settle();
    }
    if (untilMs !== Infinity) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Advances in steps of 30 seconds until the condition is true. Throws after two days. */
  async until(event: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = this.nowMs + 2 * 86_400_000;
    while (!(await condition())) {
      if (this.nowMs > deadlineMs) throw new Error(`Two days passed without ${event}`);
      await this.run(this.nowMs + 30_000);
    }
  }

  /** Replaces `setTimeout` in the whole process, so that the product's short waits use this clock. Returns a function that restores it. */
  installTimers(): () => void {
    globalThis.setTimeout = ((run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      this.after(ms, () => run(...args))) as unknown as typeof setTimeout;
    return () => {
      globalThis.setTimeout = realSetTimeout;
    };
  }

  private push(timer: Timer): void {
    const { heap } = this;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent] as Timer)) break;
      heap[at] = heap[parent] as Timer;
      at = parent;
    }
    heap[at] = timer;
  }

  private pop(): Timer | undefined {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
      if (!before(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(left: Timer, right: Timer): boolean {
  return left.atMs === right.atMs ? left.order < right.order : left.atMs < right.atMs;
}
