import { checkedWaitScale } from '../lambdas/core/wait-scale.ts';

/** Props for the local run. No stack option and no CDK context value sets them. */
export interface InternalProps {
  /**
   * Declares that the stack is deployed to the emulator of the local run. The emulator refuses alarms over two metrics,
   * and its SES publishes no metrics, so those alarms are omitted. Counters are at most 5 seconds late instead of a minute.
   */
  readonly emulated: true;
  /**
   * The factor that shortens the waits that do not change a time that a user sees. 0.05 turns a minute into 3 seconds. These
   * are the waits for a lease, for the record of an attempt, for a probe, between two steps of a recovery or a drain, and after internal
   * errors. More than 0, at most 1.
   */
  readonly waitScale: number;
}

/** The internal values that the constructs use, for a deployment or for the local run. */
export interface ResolvedInternalProps {
  readonly emulated: boolean;
  readonly waitScale: number;
}

/**
 * Returns the values of a deployment if there are no internal props. Throws an Error if the props do not declare the
 * emulator: with shortened waits, a deployment would send more requests to a receiver that is already failing.
 */
export function resolveInternal(internal: InternalProps | undefined): ResolvedInternalProps {
  if (internal === undefined) return { emulated: false, waitScale: 1 };
  // The type requires `emulated`, but a caller in JavaScript has no types.
  if ((internal as Partial<InternalProps>).emulated !== true)
    throw new Error('internal: only the local run may set this, with emulated: true');
  return { emulated: true, waitScale: checkedWaitScale(internal.waitScale) };
}
