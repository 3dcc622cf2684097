/** The clock of the tests: a virtual one for deadlines, and one patient wait for what other processes do. */
import { onTestFinished, vi } from 'vitest';

const realSetTimeout = globalThis.setTimeout;

/**
 * Far longer than anything that a test waits for takes on an idle machine. A wait that lasts this long fails the test
 * with the name of what is missing; it is not a limit on how fast the product must be.
 */
const PATIENCE_MS = 900_000;
const POLL_MS = 100;

/**
 * Waits for a state of the outside world; `undefined` from `look` means not yet. Throws when the state has not been
 * reached after 15 minutes.
 */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadlineMs)
      throw new Error(`Waited ${PATIENCE_MS / 1000} s without seeing ${what}`);
    await new Promise((resolve) => {
      realSetTimeout(resolve, POLL_MS);
    });
  }
}

export interface VirtualTime {
  /** Moves the clock, and runs every timer that is due on the way. Sockets and `setInterval` stay real. */
  readonly advance: (ms: number) => Promise<void>;
}

/**
 * From here to the end of the test, `setTimeout` and `Date` follow a clock that stands still until the test moves it.
 * A test can then prove that a deadline is exactly 15 s, however slow the machine is.
 */
export function virtualTime(): VirtualTime {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return { advance: async (ms) => void (await vi.advanceTimersByTimeAsync(ms)) };
}

/** Whether a promise is still pending once sockets and promises had several turns to settle it. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const settled = (): void => {
    pending = false;
  };
  promise.then(settled, settled);
  for (let turn = 0; turn < 20; turn += 1)
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  return pending;
}
