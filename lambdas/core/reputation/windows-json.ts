import { ratio } from '../stats.ts';
import { formatTimestamp } from '../timestamps.ts';
import { REPUTATION_WINDOWS, type ReputationWindows } from './types.ts';

/** The windows of a scope in the JSON of the API and of the command: `hour`, then `day`. A rate is null if its denominator is 0. */
export function windowsJson(windows: ReputationWindows) {
  return REPUTATION_WINDOWS.map((window) => {
    const { afterMs, beforeMs, sent, delivered, bounced, complained } = windows[window];
    return {
      window,
      after: formatTimestamp(afterMs),
      before: formatTimestamp(beforeMs),
      sent,
      delivered,
      bounced,
      complained,
      bounce_rate: ratio(bounced, sent),
      complaint_rate: ratio(complained, delivered),
    };
  });
}
