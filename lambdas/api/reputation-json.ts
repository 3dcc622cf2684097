import { DEFAULT_REPUTATION_LIMITS } from '../core/reputation/limits.ts';
import type { ReputationHistoryEntry } from '../core/reputation/types.ts';
import { windowsJson } from '../core/reputation/windows-json.ts';
import { CONTRIBUTOR_DIMENSIONS, type ReputationView, type ScopeView } from '../store/reputation-view.ts';
import { nameOf } from './breakdown.ts';
import type { SesAccountStatus } from './ses-account.ts';

/** A scope in the form of the API. */
export function toScopeJson({ scope, windows, isNormalAgain, contributors }: ScopeView) {
  const { configuration_set, state, since, reasons, changed_by, grace_until } = scope;
  return {
    configuration_set,
    state,
    since,
    reasons,
    changed_by,
    grace_until,
    normal_again: isNormalAgain,
    windows: windowsJson(windows),
    contributors: Object.fromEntries(
      CONTRIBUTOR_DIMENSIONS.map((dimension) => [
        dimension,
        contributors[dimension].map((each) => ({ ...each, name: nameOf(dimension, each.value) })),
      ]),
    ),
  };
}

/** The response of GET and PATCH /v1/reputation. */
export function toReputationJson(
  { mode, limits, scopes }: ReputationView,
  {
    pausesConfigurationSet,
    aws,
  }: { readonly pausesConfigurationSet: boolean; readonly aws: SesAccountStatus | null },
) {
  return {
    mode,
    limits,
    default_limits: DEFAULT_REPUTATION_LIMITS,
    pauses_configuration_set: pausesConfigurationSet,
    scopes: scopes.map(toScopeJson),
    aws,
  };
}

/** An entry of GET /v1/reputation/history. */
export function toHistoryJson({ id: _id, by_name: byName, ...entry }: ReputationHistoryEntry) {
  return { ...entry, by_name: byName ?? null };
}
