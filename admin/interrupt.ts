const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** https://tldp.org/LDP/abs/html/exitcodes.html */
const INTERRUPTED_EXIT_CODE = 130;

/**
 * Runs `work`, then `cleanUp`: after success, after a failure, and after an interruption, for which Node runs no `finally`
 * block. A second signal ends the process immediately.
 */
export async function withCleanup<T>(work: () => Promise<T>, cleanUp: () => Promise<void>): Promise<T> {
  let cleaned: Promise<void> | undefined;
  function cleanOnce(): Promise<void> {
    cleaned ??= cleanUp();
    return cleaned;
  }
  function onSignal(): void {
    stopListening();
    void cleanOnce()
      .catch((error: unknown) => console.error(error instanceof Error ? error.message : String(error)))
      .finally(() => process.exit(INTERRUPTED_EXIT_CODE));
  }
  function stopListening(): void {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work();
  } finally {
    // The listeners stay until the cleanup is complete, so that a signal cannot interrupt it.
    await cleanOnce().finally(stopListening);
  }
}
