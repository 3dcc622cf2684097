import { ApiError, toApiError } from './client.ts';

/** An address that could not be removed, with the message of the API. */
export interface FailedRemoval {
  readonly address: string;
  readonly message: string;
}

export interface RemovalProgress {
  readonly removed: number;
  readonly failed: readonly FailedRemoval[];
}

/** The API accepts more requests at a time, but other clients of the workspace use it, too. */
export const IN_FLIGHT = 5;
/** Amazon SES accepts about one call per second for its suppression list, and refuses the others. */
export const IN_FLIGHT_WITH_SES = 1;
/** The delays are 0.5, 1, 2 and 4 s. */
const TRIES = 5;
const FIRST_DELAY_MS = 500;

/** Whether the same request can succeed later. */
function isTemporary(error: ApiError): boolean {
  return error.code === 'rate_limited' || error.status >= 500 || error.status === 0;
}

/**
 * Removes addresses from the suppression list, at most `inFlight` at a time, and reports the progress after each one. After
 * `signal` is aborted, the requests in flight end, and no other one starts. An address that is no longer on the list counts
 * as removed.
 */
export async function removeSuppressions(
  addresses: readonly string[],
  {
    remove,
    onProgress,
    signal,
    sleep,
    inFlight,
  }: {
    readonly inFlight: number;
    /** Sends the request for one address. */
    readonly remove: (address: string) => Promise<void>;
    readonly onProgress: (progress: RemovalProgress) => void;
    readonly signal: AbortSignal;
    readonly sleep: (ms: number) => Promise<void>;
  },
): Promise<RemovalProgress> {
  let progress: RemovalProgress = { removed: 0, failed: [] };

  async function removeOne(address: string): Promise<FailedRemoval | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        // Sequential: the result of this try decides whether there is another one.
        await remove(address);
        return undefined;
      } catch (thrown) {
        const error = toApiError(thrown);
        if (error.code === 'not_found') return undefined;
        if (!isTemporary(error) || attempt === TRIES || signal.aborted)
          return { address, message: error.message };
        await sleep(FIRST_DELAY_MS * 2 ** (attempt - 1));
      }
    }
  }

  const open = addresses.values();
  async function work(): Promise<void> {
    for (const address of open) {
      const failure = await removeOne(address);
      progress = failure
        ? { ...progress, failed: [...progress.failed, failure] }
        : { ...progress, removed: progress.removed + 1 };
      onProgress(progress);
      if (signal.aborted) return;
    }
  }
  if (!signal.aborted) await Promise.all(Array.from({ length: inFlight }, work));
  return progress;
}
