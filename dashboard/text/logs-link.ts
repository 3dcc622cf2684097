/** The path of the Logs page with these filters. */
export function logsLink(filters: {
  readonly view: 'messages' | 'events';
  readonly status?: readonly string[];
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly q?: string;
}): string {
  const { status = [], ...others } = filters;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...others, status: status.join(',') }))
    if (value !== undefined && value !== '') search.set(name, value);
  return `/logs?${search.toString()}`;
}

/** The current statuses of the preset Problems of the Logs page. */
export const PROBLEM_STATUSES = [
  'bounced',
  'complained',
  'failed',
  'suppressed',
  'soft_bounced',
  'delayed',
] as const;

/** The current statuses of an email that has no outcome yet. */
export const IN_FLIGHT_STATUSES = ['sent', 'delayed'] as const;
