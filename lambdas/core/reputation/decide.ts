import { formatTimestamp } from '../timestamps.ts';
import {
  REPUTATION_METRICS,
  REPUTATION_WINDOWS,
  type MetricLimits,
  type ReputationLimits,
  type ReputationMetric,
  type ReputationMode,
  type ReputationReason,
  type ReputationState,
  type ReputationWindows,
  type ScopeState,
  type WindowCounts,
} from './types.ts';

/**
 * A warning ends below this share of its rate. Without the gap, a rate that moves around a limit would end and repeat the warning
 * in each hour.
 */
const EXIT_RATE_SHARE = 0.8;
/**
 * A warning ends below this share of its floors. The window `hour` holds one to two hours of email. So with a constant rate, its
 * counts fall by half at the start of each hour.
 */
const EXIT_FLOOR_SHARE = 0.5;

/**
 * With fewer bounces or complaints, a scope is never paused, whatever its limits. So one bounce pauses nobody, also if the floors of a
 * workspace are 1.
 */
export const PAUSE_MIN_COUNT = 3;

export interface DecideOptions {
  readonly limits: ReputationLimits;
  readonly mode: ReputationMode;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** The state of a scope that has no stored state. */
export function initialScope(configurationSet: string | null): ScopeState {
  return {
    configuration_set: configurationSet,
    state: 'ok',
    since: null,
    reasons: [],
    changed_by: 'guard',
    grace_until: null,
    resumed_at: null,
    resumed_counts: null,
    version: 0,
  };
}

/** The count and the denominator of a metric in a window. */
function measure(
  counts: WindowCounts,
  metric: ReputationMetric,
): { readonly count: number; readonly volume: number } {
  return metric === 'bounce'
    ? { count: counts.bounced, volume: counts.sent }
    : { count: counts.complained, volume: counts.delivered };
}

interface Measured {
  readonly window: (typeof REPUTATION_WINDOWS)[number];
  readonly metric: ReputationMetric;
  readonly count: number;
  readonly volume: number;
  readonly minVolume: number;
  readonly limits: MetricLimits;
}

/** Each metric of each window, with its limits. */
function measureAll(windows: ReputationWindows, limits: ReputationLimits): readonly Measured[] {
  return REPUTATION_WINDOWS.flatMap((window) =>
    REPUTATION_METRICS.map((metric) => ({
      window,
      metric,
      ...measure(windows[window], metric),
      minVolume: limits[window].min_sent,
      limits: limits[window][metric],
    })),
  );
}

/** The limits that the windows reach, at most one for each window and metric. */
export function reasonsOf(windows: ReputationWindows, limits: ReputationLimits): readonly ReputationReason[] {
  return measureAll(windows, limits).flatMap(({ window, metric, count, volume, minVolume, limits: of }) => {
    // The floor is at least 1, so the rate has a denominator.
    if (volume < minVolume || count < of.min_count) return [];
    const rate = count / volume;
    if (rate < of.warning) return [];
    const severity = rate >= of.pause && count >= PAUSE_MIN_COUNT ? 'pause' : 'warning';
    return [{ window, metric, severity, rate, limit: of[severity], count, volume }];
  });
}

/**
 * Whether each metric of each window is low enough to end a warning. One more bounce or complaint is added to each count. Without it,
 * a constant rate would end a warning just before its next bounce.
 */
export function isCalm(windows: ReputationWindows, limits: ReputationLimits): boolean {
  return measureAll(windows, limits).every(
    ({ count, volume, minVolume, limits: of }) =>
      // Otherwise a floor of one or two bounces would keep the warning of a small sender that has no more bounces.
      count === 0 ||
      volume < minVolume * EXIT_FLOOR_SHARE ||
      count + 1 < of.min_count * EXIT_FLOOR_SHARE ||
      count + 1 < volume * of.warning * EXIT_RATE_SHARE,
  );
}

/** Whether the counts alone permit that a limit is reached, by a part of the emails of these windows. */
export function couldReachLimit(windows: ReputationWindows, limits: ReputationLimits): boolean {
  return measureAll(windows, limits).some(({ count, limits: of }) => count >= of.min_count);
}

/** Whether a reason can pause its scope. Complaints cannot until the end of the grace window. */
function canPause(
  { metric, severity }: ReputationReason,
  { grace_until: graceUntil }: ScopeState,
  nowMs: number,
): boolean {
  const isInGrace = graceUntil !== null && nowMs < Date.parse(graceUntil);
  return severity === 'pause' && !(metric === 'complaint' && isInGrace);
}

function isSameLimit(one: ReputationReason, other: ReputationReason): boolean {
  return one.window === other.window && one.metric === other.metric;
}

/** Whether `reason` is already known, with the same or a higher severity. */
function isKnown(known: readonly ReputationReason[], reason: ReputationReason): boolean {
  return known.some(
    (other) => isSameLimit(other, reason) && (other.severity === 'pause' || reason.severity === 'warning'),
  );
}

/** The reasons of a warning that lasts: the known reasons, and those that are new or more severe. */
function addReasons(
  known: readonly ReputationReason[],
  reasons: readonly ReputationReason[],
): readonly ReputationReason[] {
  const added = reasons.filter((reason) => !isKnown(known, reason));
  return [...known.filter((reason) => !added.some((other) => isSameLimit(other, reason))), ...added];
}

function targetOf(
  previous: ScopeState,
  windows: ReputationWindows,
  reasons: readonly ReputationReason[],
  { limits, mode, nowMs }: DecideOptions,
): ReputationState {
  if (mode === 'pause' && reasons.some((reason) => canPause(reason, previous, nowMs))) return 'paused';
  if (reasons.length > 0) return 'warning';
  return previous.state === 'warning' && !isCalm(windows, limits) ? 'warning' : 'ok';
}

/**
 * The next state of a scope, or undefined if the scope does not change. A paused scope never changes here, because only a person
 * ends a pause. A scope in `warning` also changes if it reaches another limit, or a higher severity of the same limit.
 * With the same previous state, more bounces or complaints never lead to a milder state, and neither do stricter limits.
 */
export function decide(
  previous: ScopeState,
  windows: ReputationWindows,
  options: DecideOptions,
): ScopeState | undefined {
  if (options.mode === 'off' || previous.state === 'paused') return undefined;
  const reasons = reasonsOf(windows, options.limits);
  const state = targetOf(previous, windows, reasons, options);
  const stays = state === previous.state;
  if (stays && reasons.every((reason) => isKnown(previous.reasons, reason))) return undefined;
  return {
    ...previous,
    state,
    since: stays ? previous.since : formatTimestamp(options.nowMs),
    reasons: stays ? addReasons(previous.reasons, reasons) : reasons,
    changed_by: 'guard',
    version: previous.version + 1,
  };
}
