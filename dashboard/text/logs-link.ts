import { STATUS_PRESETS } from './log-status.ts';

/** The path of the Logs page with these filters. */
export function logsLink(filters: {
  readonly view: 'messages' | 'events';
  readonly status?: readonly string[];
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly q?: string;
  readonly from?: string;
  readonly tag?: string;
}): string {
  const { status = [], ...others } = filters;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...others, status: status.join(',') }))
    if (value !== undefined && value !== '') search.set(name, value);
  return `/logs?${search.toString()}`;
}

/** The statuses of emails that were not delivered or were marked as spam, as in the preset of the Logs page. */
export const PROBLEM_STATUSES = STATUS_PRESETS.Problems;

/** The statuses of emails without an outcome, as in the preset of the Logs page. */
export const IN_FLIGHT_STATUSES = STATUS_PRESETS['In flight'];
