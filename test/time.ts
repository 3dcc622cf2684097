/** Time in tests: a virtual clock for deadlines, and a wait for the state of other processes. */
import { onTestFinished, vi } from 'vitest';

const realSetTimeout = globalThis.setTimeout;

/**
 * Far longer than any wait of a test takes on an idle machine. A wait that reaches this limit fails the test with the
 * description of the missing state. It does not limit how slow the product may be.
 */
const TIMEOUT_MS = 900_000;
const POLL_MS = 100;

/**
 * Waits until `read` returns a value. `undefined` means that the state is not reached yet. Throws after 15 minutes.
 */
export async function until<T>(
  description: string,
  read: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > deadlineMs) throw new Error(`Waited ${TIMEOUT_MS / 1000} s for ${description}`);
    await new Promise((resolve) => {
      realSetTimeout(resolve, POLL_MS);
    });
  }
}

export interface VirtualTime {
  /** Moves the clock forward, and runs every timer that becomes due. Sockets and `setInterval` stay real. */
  readonly advance: (ms: number) => Promise<void>;
}

/**
 * Until the end of the test, `setTimeout` and `Date` use a virtual clock that only moves when the test advances it. A test
 * can then prove that a deadline is exactly 15 s, even on a slow machine.
 */
export function virtualTime(): VirtualTime {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return { advance: async (ms) => void (await vi.advanceTimersByTimeAsync(ms)) };
}

/** Whether a promise is still pending after several turns of the event loop. */
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
