import { deterministicId } from '../ids.ts';
import type { ReputationEventName } from './event-names.ts';
import type { ReputationReason, ScopeState } from './types.ts';

/** A change of the guard's state that webhooks and the alarm topic announce. Append-only: a stored event never changes. */
export interface ReputationEvent {
  /** `evt_…`. Deterministic, see `createReputationEvent`. It is the `webhook-id`. */
  readonly event_id: string;
  /**
   * `rpt_…`, the same for all events of a scope. It takes the place of a message id in the keys of the event and its deliveries. No
   * email has this id.
   */
  readonly message_id: string;
  readonly workspace_id: string;
  readonly event: ReputationEventName;
  /** RFC 3339 in UTC, when the state changed. */
  readonly timestamp: string;
  /** Absent if the event is about the whole workspace. */
  readonly configuration_set?: string;
  /** Why the state changed. Empty if a person changed it. */
  readonly reasons: readonly ReputationReason[];
}

/** What an event contains of the new state. */
export type AnnouncedState = Pick<ScopeState, 'configuration_set' | 'reasons' | 'version'>;

/**
 * The event of a new state that begins at `at` (RFC 3339). Its id depends only on the workspace, the scope and the version of the
 * state, so a repeated write of the same change announces it once.
 */
export function createReputationEvent(
  event: ReputationEventName,
  workspaceId: string,
  { configuration_set: configurationSet, reasons, version }: AnnouncedState,
  at: string,
): ReputationEvent {
  const scope = [workspaceId, ...(configurationSet === null ? [] : [configurationSet])];
  return {
    event_id: deterministicId('evt', ['reputation', ...scope, String(version)]),
    message_id: deterministicId('rpt', scope),
    workspace_id: workspaceId,
    event,
    timestamp: at,
    ...(configurationSet !== null && { configuration_set: configurationSet }),
    reasons,
  };
}
