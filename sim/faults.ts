/** The faults that a test injects into calls to AWS, and the number of calls and faults so far. */
import type { LambdaProcess } from './process.ts';
import type { Dice } from './random.ts';

/**
 * One fault of one call.
 *
 * - `error`, `throttled`: the service rejects the call and does nothing.
 * - `partial`: the service does a part of a batch.
 * - `lost`: the service does the work, but its response is lost.
 * - `killed`: the process ends before the call reaches the service.
 * - `killed_after`: the service does the work, and then the process ends.
 */
export type Fault = 'error' | 'throttled' | 'partial' | 'lost' | 'killed' | 'killed_after';

/** One attempt of a call, as a fault plan sees it. */
export interface CallAttempt {
  readonly name: string;
  readonly process: LambdaProcess | undefined;
  /** The faults that have an effect on this call. */
  readonly possible: readonly Fault[];
  /** 0 for the first attempt. The SDK retries a call that failed. */
  readonly attempt: number;
}

/** Selects the fault of an attempt. Undefined means that the attempt has no fault. */
export type FaultPlan = (attempt: CallAttempt) => Fault | undefined;

export const NO_FAULTS: FaultPlan = () => undefined;

/** One in ten faults ends the process. Some steps make a hundred calls, so a larger share would let few of them finish. */
const KILL_SHARE = 0.1;
const KILLS: ReadonlySet<Fault> = new Set(['killed', 'killed_after']);

/** Gives a share of all calls a fault. The share does not depend on the number of the SDK's retries. */
export function randomFaults(dice: Dice, share: number): FaultPlan {
  return ({ possible, attempt }) => {
    if (attempt > 0 || !dice.chance(share)) return undefined;
    const kills = possible.filter((each) => KILLS.has(each));
    const others = possible.filter((each) => !KILLS.has(each));
    return dice.pick(kills.length > 0 && dice.chance(KILL_SHARE) ? kills : others);
  };
}

/** Each call counts once, whatever the number of its attempts. */
export interface CallCounts {
  calls: number;
  readonly faults: Partial<Record<Fault, number>>;
}

/** Selects the fault of an attempt and counts the call. Without a fault, the first attempt is the only one. */
export function drawFault(
  { faults, callCounts }: { readonly faults: FaultPlan; readonly callCounts: CallCounts },
  attempt: CallAttempt,
): Fault | undefined {
  const drawn = faults(attempt);
  const fault = drawn !== undefined && attempt.possible.includes(drawn) ? drawn : undefined;
  if (attempt.attempt > 0) return fault;
  callCounts.calls += 1;
  if (fault !== undefined) callCounts.faults[fault] = (callCounts.faults[fault] ?? 0) + 1;
  return fault;
}
