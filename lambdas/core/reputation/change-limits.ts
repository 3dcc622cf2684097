import {
  REPUTATION_METRICS,
  REPUTATION_WINDOWS,
  type MetricLimits,
  type ReputationLimits,
  type ReputationMetric,
  type ReputationWindow,
} from './types.ts';

/** Every field of T may be left out, or be undefined. */
type Some<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

type WindowChange = Some<Record<ReputationMetric, Some<MetricLimits>>> & {
  readonly min_sent?: number | undefined;
};

/** Some of the limits. A limit that is left out keeps its value. */
export type LimitsChange = Some<Record<ReputationWindow, WindowChange>>;

/** Returns `base` with the fields of `change` that have a value. */
function withChange<T extends object>(base: T, change: Some<T> = {}): T {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}

/** Returns the limits with the changes. The result can be invalid: check it with `invalidLimit`. */
export function changeLimits(limits: ReputationLimits, change: LimitsChange): ReputationLimits {
  const windows = REPUTATION_WINDOWS.map((window) => {
    const before = limits[window];
    const { min_sent: minSent = before.min_sent, bounce, complaint } = change[window] ?? {};
    return [
      window,
      {
        min_sent: minSent,
        bounce: withChange(before.bounce, bounce),
        complaint: withChange(before.complaint, complaint),
      },
    ] as const;
  });
  return Object.fromEntries(windows) as Record<ReputationWindow, ReputationLimits[ReputationWindow]>;
}

/** A limit that has no valid value. */
export interface InvalidLimit {
  /** The path of the limit, such as `hour.bounce.pause`. */
  readonly field: string;
  readonly message: string;
}

/** The smallest limit of a rate, 0.01 %: every text shows two decimals of a percentage. DynamoDB cannot store a number below 1e-130. */
export const MIN_RATE_LIMIT = 0.0001;
export const RATE_LIMIT_RULE = `must be at least ${MIN_RATE_LIMIT} and at most 1`;

const isShare = (rate: number): boolean => rate >= MIN_RATE_LIMIT && rate <= 1;
const isFloor = (count: number): boolean => Number.isSafeInteger(count) && count >= 1;

/** The first invalid limit. A rate is from 0.0001 to 1, `warning` is less than `pause`, and a floor is a whole number from 1. */
export function invalidLimit(limits: ReputationLimits): InvalidLimit | undefined {
  for (const window of REPUTATION_WINDOWS) {
    const { min_sent: minSent } = limits[window];
    if (!isFloor(minSent)) return { field: `${window}.min_sent`, message: 'must be a whole number from 1' };
    for (const metric of REPUTATION_METRICS) {
      const { warning, pause, min_count: minCount } = limits[window][metric];
      const field = `${window}.${metric}`;
      if (!isShare(warning)) return { field: `${field}.warning`, message: RATE_LIMIT_RULE };
      if (!isShare(pause)) return { field: `${field}.pause`, message: RATE_LIMIT_RULE };
      if (warning >= pause)
        return {
          field: `${field}.pause`,
          message: `must be more than the warning limit, which is ${warning}`,
        };
      if (!isFloor(minCount))
        return { field: `${field}.min_count`, message: 'must be a whole number from 1' };
    }
  }
  return undefined;
}
