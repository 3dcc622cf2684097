import { PAUSE_MIN_COUNT } from '../../lambdas/core/reputation/decide.ts';
import type { ReputationLimits, ReputationReason } from '../../lambdas/core/reputation/types.ts';
import type { Reputation, ReputationHistoryEntry, ReputationScope } from '../api/types.ts';
import { formatNumber, formatPercent } from './format.ts';

/** The name and the tone of each state of the guard. A state has the same tone on every page. */
export const STATE_TEXT = {
  ok: { name: 'OK', tone: 'good' },
  warning: { name: 'Warning', tone: 'warn' },
  paused: { name: 'Paused', tone: 'bad' },
} as const;

export const MODE_TEXT = {
  off: {
    name: 'Off',
    text: 'The guard does nothing. Only a person can pause sending.',
  },
  watch: {
    name: 'Watch',
    text: 'The guard warns when a rate reaches a limit. Only a person can pause sending.',
  },
  pause: {
    name: 'Pause',
    text: 'The guard warns at the warning limit, and pauses sending at the pause limit.',
  },
} as const satisfies Readonly<Record<Reputation['mode'], { readonly name: string; readonly text: string }>>;

export const WINDOW_TEXT = { hour: 'this hour and the hour before', day: 'the last 24 hours' } as const;

/** The windows in the past: a reason is as old as the state that it explains. */
const PAST_WINDOW_TEXT = { hour: 'within 2 hours', day: 'within 24 hours' } as const;

const METRICS = {
  bounce: { name: 'Bounce rate', cases: 'bounces', volume: 'sent' },
  complaint: { name: 'Complaint rate', cases: 'complaints', volume: 'delivered' },
} as const;

/** `Bounce rate 12% within 24 hours: 240 of 2,000 sent. The pause limit is 10%` */
export function reasonText({
  window,
  metric,
  severity,
  rate,
  limit,
  count,
  volume,
}: ReputationReason): string {
  const { name, volume: noun } = METRICS[metric];
  return `${name} ${formatPercent(rate)} ${PAST_WINDOW_TEXT[window]}: ${formatNumber(count)} of ${formatNumber(volume)} ${noun}. The ${severity} limit is ${formatPercent(limit)}`;
}

/** The name of a scope: `All email`, or the name of its configuration set. */
export function scopeName(configurationSet: string | null): string {
  return configurationSet ?? 'All email';
}

/** Who changed a state: the guard, the command, or the API key by its name or id. Null if the state has never changed. */
export function changedByText(changedBy: string | null, name: string | null = null): string {
  if (changedBy === 'cli') return 'with the command ivymail-events';
  return changedBy === null || changedBy === 'guard'
    ? 'by the guard'
    : `with the API key ${name ?? changedBy}`;
}

/** The name of the API key that changed a state last. Null for the guard, and if the newest changes do not name the key. */
export function keyNameIn(
  changes: readonly ReputationHistoryEntry[],
  { changed_by: changedBy }: Pick<ReputationScope, 'changed_by'>,
): string | null {
  return changes.find((change) => change.changed_by === changedBy)?.by_name ?? null;
}

/** How a rate compares with its limits. `few`: above a limit, but there are too few emails or cases to judge. */
export type GuardLevel = 'good' | 'few' | 'warn' | 'bad' | 'none';

export interface Measure {
  readonly name: string;
  readonly rate: number | null;
  /** What the rate is computed from: `42 of 2,000 sent`. */
  readonly counts: string;
  readonly level: GuardLevel;
  /** What the level means, in words. */
  readonly verdict: string;
  readonly warning: number;
  readonly pause: number;
}

/** The rate of one window beside its limits. */
export function measure(
  {
    window,
    after,
    before,
    sent,
    delivered,
    bounced,
    complained,
    ...rates
  }: ReputationScope['windows'][number],
  limits: ReputationLimits,
  metric: ReputationReason['metric'],
): Measure {
  const { min_sent: minSent, [metric]: limit } = limits[window];
  const { name, cases, volume: noun } = METRICS[metric];
  const [rate, count, volume] =
    metric === 'bounce' ? [rates.bounce_rate, bounced, sent] : [rates.complaint_rate, complained, delivered];
  const { warning, pause, min_count: minCount } = limit;
  const common = {
    name,
    rate,
    warning,
    pause,
    counts: `${formatNumber(count)} of ${formatNumber(volume)} ${noun}`,
  };
  // A resume of the workspace restarts the windows of its sets, those that it leaves unchanged with the next full hour.
  if (after === before) return { ...common, level: 'none', verdict: 'Restarts with the next full hour' };
  if (rate === null) return { ...common, level: 'none', verdict: 'No emails in this window' };
  if (rate < warning) return { ...common, level: 'good', verdict: 'Below the limits' };
  if (volume < minSent)
    return { ...common, level: 'few', verdict: `Not judged below ${formatNumber(minSent)} ${noun}` };
  if (count < minCount)
    return { ...common, level: 'few', verdict: `Not judged below ${formatNumber(minCount)} ${cases}` };
  return rate < pause || count < PAUSE_MIN_COUNT
    ? { ...common, level: 'warn', verdict: 'Reached the warning limit' }
    : { ...common, level: 'bad', verdict: 'Reached the pause limit' };
}

/** Whether a rate of the scope is at its pause limit now. */
export function isAtPauseLimit(
  { windows }: Pick<ReputationScope, 'windows'>,
  limits: ReputationLimits,
): boolean {
  return windows.some((window) =>
    (['bounce', 'complaint'] as const).some((metric) => measure(window, limits, metric).level === 'bad'),
  );
}

/** The state that decides about alerts. A warning that is over needs no attention, although only the next event ends it. */
function stateNow({ state, normal_again: isNormal }: ReputationScope): ReputationScope['state'] {
  return isNormal ? 'ok' : state;
}

/** The scopes that need attention, the paused ones first. */
export function scopesInTrouble(reputation: Reputation | undefined): readonly ReputationScope[] {
  const found = reputation?.scopes.filter((scope) => stateNow(scope) !== 'ok') ?? [];
  return found.toSorted((a, b) => Number(b.state === 'paused') - Number(a.state === 'paused'));
}

const STATES = Object.keys(STATE_TEXT);

/** Whether a configuration set is in a worse state than the whole workspace, so that it needs attention of its own. */
export function isWorse(
  scope: ReputationScope,
  { scopes: [workspace] }: Pick<Reputation, 'scopes'>,
): boolean {
  return STATES.indexOf(stateNow(scope)) > STATES.indexOf(workspace ? stateNow(workspace) : 'ok');
}

/** The scopes to alert about: the workspace, and the configuration sets that are in a worse state. */
export function scopesToAlert(reputation: Reputation | undefined): readonly ReputationScope[] {
  return scopesInTrouble(reputation).filter(
    (scope) => reputation && (scope.configuration_set === null || isWorse(scope, reputation)),
  );
}

/** The state of the worst scope. */
export function worstState(reputation: Reputation | undefined): ReputationScope['state'] {
  return scopesInTrouble(reputation)[0]?.state ?? 'ok';
}

/** What Amazon SES itself says about the account. Known values of `EnforcementStatus`: HEALTHY, PROBATION and SHUTDOWN. */
export function awsVerdict(aws: NonNullable<Reputation['aws']>): {
  readonly name: string;
  readonly tone: string;
  readonly text: string;
} {
  const { enforcement_status: status, sending_enabled: isSending } = aws;
  if (status === 'SHUTDOWN')
    return {
      name: 'Paused by AWS',
      tone: 'bad',
      text: 'AWS stopped the account from sending email. Open the case in AWS Support and reply to it.',
    };
  if (isSending === false)
    return {
      name: 'Sending disabled',
      tone: 'bad',
      text: 'Sending is disabled for this account and Region. Amazon SES rejects every email.',
    };
  if (status === 'PROBATION')
    return {
      name: 'Under review',
      tone: 'warn',
      text: 'AWS reviews the account. Fix the cause and reply to the case, or AWS may pause sending.',
    };
  if (status === 'HEALTHY')
    return { name: 'Healthy', tone: 'good', text: 'AWS reports no problem with the account.' };
  return { name: status ?? 'Unknown', tone: 'sent', text: 'AWS gives no verdict that the dashboard knows.' };
}
