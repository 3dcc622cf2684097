import { assumed } from './assumptions.ts';
import type { Deployment, FunctionName } from './deployment.ts';
import type { Item, Usage } from './prices.ts';

/** Node loads the entry points once, and their caches live for some minutes. So each deployment starts a day later, with expired caches. */
const START_MS = Date.parse('2026-11-02T08:00:00Z');
const DAY_MS = 86_400_000;
let loads = 0;

export const GB_BYTES = 1e9;

/** One clock for all deployments, because the entry points keep a reference to the `Date.now` of their load. */
const clock = { nowMs: START_MS };
const realNow = Date.now;
const realSetTimeout = globalThis.setTimeout;
const now = (): number => Math.floor(clock.nowMs);

/** Counts the billed usage, and controls the simulated clock. */
export class Meter {
  /** The calls to AWS since the last `takeUsage`, of the functions and of the state machines. */
  awsCalls = 0;
  private counted = new Map<Item, number>();
  private isRunning = false;
  private logBytes = 0;
  private readonly write = process.stdout.write.bind(process.stdout);
  private readonly writeError = process.stderr.write.bind(process.stderr);

  constructor(private readonly deployment: Deployment) {
    clock.nowMs = START_MS + (loads += 1) * DAY_MS;
    Date.now = now;
    process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      // The output of a function while it runs is its log.
      if (!this.isRunning) return this.write(chunk, ...rest);
      this.logBytes += Buffer.byteLength(chunk);
      return true;
    };
    process.stderr.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      // The usage of a function that fails is not its usage.
      if (this.isRunning) throw new Error(`A function logged an error: ${String(chunk)}`);
      return this.writeError(chunk, ...rest);
    };
  }

  get nowMs(): number {
    return clock.nowMs;
  }

  set nowMs(nowMs: number) {
    clock.nowMs = nowMs;
  }

  readonly count = (item: Item, quantity = 1): void => {
    this.counted.set(item, (this.counted.get(item) ?? 0) + quantity);
  };

  /** Counts a call to AWS and advances the clock by its duration. */
  callAws(ms = assumed('awsCallMs')): void {
    this.awsCalls += 1;
    this.nowMs += ms;
  }

  /** Returns the usage since the last call, and resets the counts. */
  takeUsage(): Usage {
    const usage = this.counted;
    this.counted = new Map();
    this.awsCalls = 0;
    return usage;
  }

  /** Runs one invocation. `cpuMs` is its own processing time, without its calls and requests. */
  async invoke<T>(name: FunctionName, cpuMs: number, run: () => Promise<T>): Promise<T> {
    const startMs = this.nowMs;
    this.nowMs += cpuMs;
    this.isRunning = true;
    // Real timers would make the usage depend on the speed of this machine. No function needs one unless a call fails.
    globalThis.setTimeout = (() => undefined) as unknown as typeof setTimeout;
    const result = await run().finally(() => {
      globalThis.setTimeout = realSetTimeout;
      this.isRunning = false;
    });
    const seconds = Math.max(1, Math.ceil(this.nowMs - startMs)) / 1000;
    this.count('lambda.request');
    this.count('lambda.gbSecond', (seconds * this.deployment.memoryMb[name]) / 1024);
    this.count('cloudwatch.logs', this.logBytes / GB_BYTES);
    this.count('cloudwatch.logStorage', (this.logBytes / GB_BYTES) * assumed('logMonths'));
    this.logBytes = 0;
    return result;
  }

  /** Restores the clock and the output of the process. */
  stop(): void {
    process.stdout.write = this.write;
    process.stderr.write = this.writeError;
    Date.now = realNow;
  }
}
