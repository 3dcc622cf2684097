import { MIN_RATE_LIMIT } from '../../lambdas/core/reputation/change-limits.ts';
import type { ReputationLimits } from '../../lambdas/core/reputation/types.ts';
import type { DryRun, ReputationScope } from '../api/types.ts';

const DAY_MS = 86_400_000;

function times(count: number): string {
  return count === 1 ? 'once' : `${count.toLocaleString('en')} times`;
}

/** `With these limits you would have been warned 3 times and paused once in the last 30 days.` */
export function dryRunSentence({ after, before, warnings, pauses }: DryRun): string {
  const days = Math.max(1, Math.round((Date.parse(before) - Date.parse(after)) / DAY_MS));
  const period = days === 1 ? 'last 24 hours' : `last ${days} days`;
  const what = [warnings > 0 && `warned ${times(warnings)}`, pauses > 0 && `paused ${times(pauses)}`]
    .filter(Boolean)
    .join(' and ');
  return what === ''
    ? `With these limits the guard would not have warned or paused in the ${period}.`
    : `With these limits you would have been ${what} in the ${period}.`;
}

/**
 * The configuration set that a dry run tries: the chosen one while it is a scope, or '' for all email. The only configuration set is no
 * longer a scope after its resume. Without this, the dry run would keep a choice that the form no longer shows.
 */
export function setToTry(
  scopes: readonly Pick<ReputationScope, 'configuration_set'>[],
  chosen: string,
): string {
  return scopes.some(({ configuration_set: set }) => set === chosen) ? chosen : '';
}

/** A time in which the guard would have been in one state. `from` and `to` are shares of the whole range. */
export interface Span {
  readonly state: Exclude<ReputationScope['state'], 'ok'>;
  readonly from: number;
  readonly to: number;
}

/** The times of a dry run in which the state was `warning` or `paused`. */
export function spansOf({ after, before, transitions }: DryRun): readonly Span[] {
  const startMs = Date.parse(after);
  const lengthMs = Date.parse(before) - startMs;
  const shareOf = (at: string): number =>
    Math.max(0, Math.min(1, (Date.parse(at) - startMs) / Math.max(1, lengthMs)));
  const first = transitions[0];
  const states = [
    ...(first ? [{ state: first.from, from: 0 }] : []),
    ...transitions.map(({ at, to }) => ({ state: to, from: shareOf(at) })),
  ];
  return states.flatMap(({ state, from }, index) =>
    state === 'ok' ? [] : [{ state, from, to: states[index + 1]?.from ?? 1 }],
  );
}

/** The limits as the texts of a form. Rates are in percent. */
export type LimitTexts = Readonly<Record<string, string>>;

const WINDOWS = ['hour', 'day'] as const;
const METRICS = ['bounce', 'complaint'] as const;

/** The name of a field: the path of the limit in the API. */
export function limitField(...path: readonly string[]): string {
  return path.join('.');
}

/** A ratio in percent, without the noise of binary fractions: 0.07 is `7`. */
function percentText(ratio: number): string {
  return String(Number((ratio * 100).toPrecision(10)));
}

export function textsOf(limits: ReputationLimits): LimitTexts {
  return Object.fromEntries(
    WINDOWS.flatMap((window) => [
      [limitField(window, 'min_sent'), String(limits[window].min_sent)],
      ...METRICS.flatMap((metric) => {
        const { warning, pause, min_count: minCount } = limits[window][metric];
        return [
          [limitField(window, metric, 'warning'), percentText(warning)],
          [limitField(window, metric, 'pause'), percentText(pause)],
          [limitField(window, metric, 'min_count'), String(minCount)],
        ];
      }),
    ]),
  ) as LimitTexts;
}

function rateOf(text: string): number {
  // A comma is the decimal sign of many keyboards.
  const percent = Number(text.trim().replace(',', '.'));
  return text.trim() === '' ? Number.NaN : Number((percent / 100).toPrecision(12));
}

function countOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim());
}

/** The limits that the texts say, and an error for each field that the API would refuse. */
export function limitsOf(texts: LimitTexts): {
  readonly limits: ReputationLimits;
  readonly errors: Readonly<Record<string, string>>;
} {
  const errors: Record<string, string> = {};
  const textAt = (path: readonly string[]): string => texts[limitField(...path)] ?? '';
  const count = (...path: readonly string[]): number => {
    const value = countOf(textAt(path));
    if (!Number.isInteger(value) || value < 1) errors[limitField(...path)] = 'Enter a whole number from 1.';
    return value;
  };
  const metricOf = (window: string, metric: string) => {
    const [warningPath, pausePath] = [
      [window, metric, 'warning'],
      [window, metric, 'pause'],
    ];
    const warning = rateOf(textAt(warningPath));
    const pause = rateOf(textAt(pausePath));
    if (!(warning >= MIN_RATE_LIMIT && warning < 1))
      errors[limitField(...warningPath)] = 'Enter a rate from 0.01% to less than 100%.';
    if (!(pause > 0 && pause <= 1)) errors[limitField(...pausePath)] = 'Enter a rate up to 100%.';
    else if (pause <= warning) errors[limitField(...pausePath)] = 'Enter a rate above the warning limit.';
    return { warning, pause, min_count: count(window, metric, 'min_count') };
  };
  const windowOf = (window: string) => ({
    min_sent: count(window, 'min_sent'),
    bounce: metricOf(window, 'bounce'),
    complaint: metricOf(window, 'complaint'),
  });
  return { limits: { hour: windowOf('hour'), day: windowOf('day') }, errors };
}

/** Whether two sets of limits are equal. */
export function sameLimits(a: ReputationLimits, b: ReputationLimits): boolean {
  const [left, right] = [textsOf(a), textsOf(b)];
  return Object.keys(left).every((field) => left[field] === right[field]);
}
