import type { Endpoint, List, LogEntry, Stats } from '../api/types.ts';

/** What the first steps are derived from. Undefined while it loads. */
export interface SetupState {
  /** The newest entry of the log. */
  readonly newest: List<LogEntry> | undefined;
  readonly endpoints: List<Endpoint> | undefined;
  /** The statistics of a long time range. They exclude the SES mailbox simulator. */
  readonly stats: Stats | undefined;
}

/** Which of the first steps are done. */
export interface StepsDone {
  /** Any email was sent, also one to the SES mailbox simulator. */
  readonly email: boolean;
  /** An email to a real address was tracked. */
  readonly tracked: boolean;
  readonly webhook: boolean;
  /** An endpoint accepted a webhook. */
  readonly delivery: boolean;
}

/** Derives the first steps from the data of the workspace, so that a step counts however it was done. Undefined while the data loads. */
export function stepsDone({ newest, endpoints, stats }: SetupState): StepsDone | undefined {
  if (!newest || !endpoints || !stats) return undefined;
  return {
    email: newest.data.length > 0,
    tracked: stats.totals.sent > 0,
    webhook: endpoints.data.length > 0,
    delivery: stats.endpoints.some(({ attempts, failures }) => attempts > failures),
  };
}

/** The number of steps that are done. */
export function countDone(done: StepsDone): number {
  return Object.values(done).filter(Boolean).length;
}
