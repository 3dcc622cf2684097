import type { Workspace } from '../api/types.ts';
import { formatSeconds } from './format.ts';

/** The default of the stack option `retry`. */
const DEFAULT_RETRY: Workspace['retry'] = { first_delay_seconds: 60, factor: 5, count: 3 };

function delaySeconds({ first_delay_seconds: firstDelay, factor, count }: Workspace['retry']): number[] {
  return Array.from({ length: count }, (_, index) => firstDelay * factor ** index);
}

/** `1 min, 5 min and 25 min`. Empty if failed deliveries are not retried. */
export function retryDelaysText(retry: Workspace['retry']): string {
  return new Intl.ListFormat('en').format(delaySeconds(retry).map(formatSeconds));
}

/** Whether the first retry follows sooner than in a deployment with the default options, as in a local run. */
export function isShortened(retry: Workspace['retry']): boolean {
  return retry.first_delay_seconds < DEFAULT_RETRY.first_delay_seconds;
}

export const DEFAULT_RETRY_DELAYS = retryDelaysText(DEFAULT_RETRY);
