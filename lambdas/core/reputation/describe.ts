import { reasonText } from './reason-text.ts';
import type { ScopeState } from './types.ts';

/** Why a scope is paused, and how to resume it. It contains no address and no id. */
export function describePause({
  configuration_set: set,
  since,
  reasons,
  changed_by: by,
}: Pick<ScopeState, 'configuration_set' | 'since' | 'reasons' | 'changed_by'>): string {
  const scope = set === null ? 'this workspace' : `the configuration set ${set}`;
  const reached = reasons.filter(({ severity }) => severity === 'pause').map(reasonText);
  const why = by === 'guard' && reached.length > 0 ? reached.join(' ') : 'A person paused it.';
  // Without the set, a resume does not end a pause of a set by a person.
  const body = set === null ? '' : ` with the configuration_set ${set}`;
  return `Sending is paused for ${scope} since ${since ?? 'an unknown time'}. ${why} Nothing was sent. POST /v1/reputation/resume${body} ends the pause`;
}
