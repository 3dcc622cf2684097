const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** https://tldp.org/LDP/abs/html/exitcodes.html */
const INTERRUPTED = 130;

/**
 * Runs some work, and then what cleans up after it: when it has ended, has failed, or is interrupted, which would run no
 * `finally`. A second signal ends the process at once.
 */
export async function withCleanup<T>(work: () => Promise<T>, cleanUp: () => Promise<void>): Promise<T> {
  let cleaned: Promise<void> | undefined;
  function cleanOnce(): Promise<void> {
    cleaned ??= cleanUp();
    return cleaned;
  }
  function interrupted(): void {
    stopListening();
    void cleanOnce()
      .catch((error: unknown) => console.error(error instanceof Error ? error.message : String(error)))
      .finally(() => process.exit(INTERRUPTED));
  }
  function stopListening(): void {
    for (const signal of SIGNALS) process.off(signal, interrupted);
  }
  for (const signal of SIGNALS) process.on(signal, interrupted);
  try {
    return await work();
  } finally {
    // Listening on: a signal must not break this off.
    await cleanOnce().finally(stopListening);
  }
}
