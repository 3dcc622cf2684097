/** The one clock of a simulated world: days pass in seconds, and the same seed gives the same order of everything. */

interface Timer {
  readonly atMs: number;
  /** Of two at the same time the first one set goes first. */
  readonly order: number;
  readonly run: () => void;
}

const realSetTimeout = globalThis.setTimeout;

/** Lets everything that waits for nothing but promises go as far as it can. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export class Clock {
  private readonly heap: Timer[] = [];
  private orders = 0;

  constructor(public nowMs: number) {}

  readonly now = (): number => this.nowMs;

  after(ms: number, run: () => void): void {
    this.push({ atMs: this.nowMs + Math.max(0, ms), order: (this.orders += 1), run });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Goes from timer to timer until none is left, or the next one lies beyond `untilMs`. */
  async run(untilMs = Infinity): Promise<void> {
    await settle();
    for (let next = this.heap[0]; next && next.atMs <= untilMs; next = this.heap[0]) {
      this.nowMs = next.atMs;
      while (this.heap[0] && this.heap[0].atMs <= this.nowMs) this.pop()?.run();
      await settle();
    }
    if (untilMs !== Infinity) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Goes on, half a minute at a time, until it is so. Throws after two days. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = this.nowMs + 2 * 86_400_000;
    while (!(await isSo())) {
      if (this.nowMs > deadlineMs) throw new Error(`Waited in vain for ${what}`);
      await this.run(this.nowMs + 30_000);
    }
  }

  /** The product's own short waits (`setTimeout`) go by this clock, too. Returns how to undo it. */
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
