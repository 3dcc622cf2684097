/**
 * The reputation guard: its states, its limits and the counts that it compares. docs/adr/0041-reputation-guard.md explains the
 * decisions.
 */

/** From the mildest to the most severe. Only a person ends `paused`. */
export const REPUTATION_STATES = ['ok', 'warning', 'paused'] as const;
export type ReputationState = (typeof REPUTATION_STATES)[number];

/** `off` evaluates nothing. `watch` warns. `pause` warns and pauses. */
export const REPUTATION_MODES = ['off', 'watch', 'pause'] as const;
export type ReputationMode = (typeof REPUTATION_MODES)[number];
export const DEFAULT_REPUTATION_MODE: ReputationMode = 'watch';

/** `hour` is the row of this hour and the row before. `day` is the rows of the last 24 hours, with this hour. */
export const REPUTATION_WINDOWS = ['hour', 'day'] as const;
export type ReputationWindow = (typeof REPUTATION_WINDOWS)[number];

/** `bounce` is `bounced` / `sent`. `complaint` is `complained` / `delivered`. */
export const REPUTATION_METRICS = ['bounce', 'complaint'] as const;
export type ReputationMetric = (typeof REPUTATION_METRICS)[number];

export type ReputationSeverity = 'warning' | 'pause';

/** The limits of one metric in one window. The rates are shares of 1. */
export interface MetricLimits {
  /** At this rate or above, the state is at least `warning`. */
  readonly warning: number;
  /** At this rate or above, the state is `paused` in the mode `pause`. */
  readonly pause: number;
  /** With fewer bounces or complaints in the window, the metric has no severity, whatever its rate. */
  readonly min_count: number;
}

export interface WindowLimits extends Readonly<Record<ReputationMetric, MetricLimits>> {
  /** With a smaller denominator (sent emails for bounces, delivered emails for complaints), the metric has no severity. */
  readonly min_sent: number;
}

export type ReputationLimits = Readonly<Record<ReputationWindow, WindowLimits>>;

/** The counts that the guard compares with its limits. */
export interface ReputationCounts {
  readonly sent: number;
  readonly delivered: number;
  readonly bounced: number;
  readonly complained: number;
}

/** The counts of one hour. `startMs` is the start of the hour in UTC, in epoch milliseconds. */
export interface HourCounts extends ReputationCounts {
  readonly startMs: number;
}

/** The counts of one window. `afterMs` is inclusive and `beforeMs` is exclusive, both in epoch milliseconds. */
export interface WindowCounts extends ReputationCounts {
  readonly afterMs: number;
  readonly beforeMs: number;
}

export type ReputationWindows = Readonly<Record<ReputationWindow, WindowCounts>>;

/** One limit that was reached, with the numbers at that moment. */
export interface ReputationReason {
  readonly window: ReputationWindow;
  readonly metric: ReputationMetric;
  readonly severity: ReputationSeverity;
  /** A share of 1. It can exceed 1, because the email of a bounce can be sent before the window. */
  readonly rate: number;
  /** The limit of this severity. */
  readonly limit: number;
  /** Bounces or complaints. */
  readonly count: number;
  /** The denominator of the rate: sent emails for bounces, delivered emails for complaints. */
  readonly volume: number;
}

/** A state that a scope can have: the workspace, or one configuration set. */
export interface ScopeState {
  /** Null for the scope of the whole workspace. */
  readonly configuration_set: string | null;
  readonly state: ReputationState;
  /** RFC 3339, when this state began. Null for a scope that has never changed. */
  readonly since: string | null;
  /** The limits that were reached. Empty for `ok` and for a pause by a person. */
  readonly reasons: readonly ReputationReason[];
  /** `guard`, or the id of the API key that paused or resumed. */
  readonly changed_by: string;
  /**
   * RFC 3339, or null. Until then, complaints cannot pause the scope again, because complaints about earlier emails arrive late.
   */
  readonly grace_until: string | null;
  /** RFC 3339 of the last resume, or null. The windows contain no event that was counted before it. */
  readonly resumed_at: string | null;
  /**
   * What the windows leave out of the hour of the last resume: its counts at the resume, and in `bounced` also the bounces that are
   * expected of earlier emails, which can arrive in the next hour. Null without a resume, in a row of an earlier version, and for a set
   * whose windows a resume of its workspace has restarted. If null, the windows begin with the next full hour.
   */
  readonly resumed_counts: ReputationCounts | null;
  /** Increases with each write. 0 for a scope without a stored state. */
  readonly version: number;
}

/** A stored change of a scope. */
export interface ReputationHistoryEntry {
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  readonly configuration_set: string | null;
  readonly from: ReputationState;
  readonly to: ReputationState;
  readonly changed_by: string;
  /** The name of the API key that made the change, if a person made it. */
  readonly by_name?: string;
  readonly reasons: readonly ReputationReason[];
  /** The id of the event that announced the change, or null. */
  readonly event_id: string | null;
}
