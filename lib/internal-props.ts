import { checkedWaitScale } from '../lambdas/core/wait-scale.ts';
import type { ResolvedOptions } from './options.ts';

/** For the local run only. No option and no CDK context value of a deployment sets these. */
export interface InternalProps {
  /**
   * By how much waits are shortened that no time shown depends on: 0.05 makes a minute three seconds. The waits for a
   * lease, for a record, for a probe, and between two steps of a recovery; and those after internal errors.
   * More than 0, at most 1.
   */
  readonly waitScale: number;
}

/** Throws where a stack that is no local run has internal props: shortened waits would burden a receiver that is failing. */
export function resolveInternal(
  internal: InternalProps | undefined,
  options: Pick<ResolvedOptions, 'allowInsecureEndpoints'>,
): InternalProps {
  if (internal === undefined) return { waitScale: 1 };
  if (!options.allowInsecureEndpoints)
    throw new Error('internal: is for the local run only, which sets allowInsecureEndpoints');
  return { waitScale: checkedWaitScale(internal.waitScale) };
}
