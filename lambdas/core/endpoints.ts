import type { DeliverableEvent, DeliverableName } from './deliverable-events.ts';
import { isReputationEventName } from './reputation/event-names.ts';

/** `paused` by the user, or `disabled` by us. `status_reason` and `status_changed_at` say why and since when. */
export const ENDPOINT_STATUSES = ['active', 'paused', 'disabled'] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

/** One live secret of an endpoint, sealed by KMS with workspace, endpoint and version as context. */
export interface SealedSecret {
  readonly version: number;
  readonly sealed: Uint8Array;
  /** RFC 3339. Absent on the current secret, set on an earlier secret that a rotation has replaced. */
  readonly expires_at?: string;
}

/** A webhook URL with its event filter and its secrets (newest first, at most 3 live). */
export interface Endpoint {
  readonly id: string;
  readonly workspace_id: string;
  readonly url: string;
  /** Event names. `*` stands for all events of emails except `unknown`. It does not stand for reputation events. */
  readonly events: readonly (DeliverableName | '*')[];
  readonly description?: string;
  readonly status: EndpointStatus;
  readonly status_reason?: string;
  readonly status_changed_at: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly secrets: readonly SealedSecret[];
  /** RFC 3339, of the first failed attempt since the last success. Absent without a failure streak. */
  readonly failing_since?: string;
  /** The number of failed attempts in the streak. */
  readonly failures?: number;
  /** RFC 3339, of the newest failed attempt in the streak. Absent on rows of earlier versions. */
  readonly last_failure_at?: string;
  /** RFC 3339. While it is set, the breaker is open: new deliveries are stored as `held`, and probes are sent. */
  readonly breaker_opened_at?: string;
  /** RFC 3339. While the breaker is open, when the next probe is due. */
  readonly next_probe_at?: string;
  /** Set together with the `failing` entry of the history, removed together with the `recovered` one. */
  readonly health?: 'failing';
  /**
   * Id of the drain command that a resume, a new URL or the end of `failing` stored. The drain removes the id when it
   * finds no more held deliveries. If the drain ends early (a paused endpoint, an open breaker), the id stays. The drain that an
   * opened breaker starts does not set this attribute, so the attribute can be absent while that drain sends probes.
   */
  readonly draining?: string;
  /**
   * RFC 3339, when the endpoint was disabled. Set only if a user pauses a disabled endpoint. `status_changed_at` then contains the
   * time of the pause, and without this attribute, a resume would not count the events missed before the pause.
   */
  readonly inactive_since?: string;
}

/**
 * Whether an endpoint subscribes to an event. `unknown` is stored and counted, but never delivered. An endpoint receives a
 * reputation event only if it names the event, because a receiver that was written for events of emails does not expect others.
 */
export function wantsEvent(endpoint: Pick<Endpoint, 'events'>, event: DeliverableName): boolean {
  if (event === 'unknown') return false;
  const isInAll = !isReputationEventName(event);
  return endpoint.events.some((subscribed) => subscribed === event || (subscribed === '*' && isInAll));
}

/**
 * The endpoints that get a Delivery of a new event. A paused or disabled endpoint gets none. After the endpoint is resumed, a
 * recovery can deliver the events that the endpoint missed.
 */
export function matchEndpoints(endpoints: readonly Endpoint[], event: DeliverableEvent): readonly Endpoint[] {
  return endpoints.filter((endpoint) => endpoint.status === 'active' && wantsEvent(endpoint, event.event));
}

export const ENDPOINT_ACTIONS = [
  'created',
  'updated',
  'paused',
  'resumed',
  'disabled',
  'failing',
  'recovered',
  'secret_rotated',
  'secret_shown',
  'deleted',
] as const;
export type EndpointAction = (typeof ENDPOINT_ACTIONS)[number];

/** An entry of an endpoint's history: a change of the endpoint or its health, or a use of its secret. Append-only. */
export interface EndpointHistoryEntry {
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  readonly action: EndpointAction;
  /** Id of the API key that requested the action, or `ivymail` if this system did it. */
  readonly by: string;
  /** Name of the API key at that time. Absent if `by` is `ivymail`, and in entries of v0.1.0. */
  readonly by_name?: string;
  readonly reason?: string;
  /** The event filter that a PATCH replaced, and the new one. Null if the PATCH left the filter unchanged. Absent in entries of v0.1.0. */
  readonly filter?: { readonly before: Endpoint['events']; readonly after: Endpoint['events'] } | null;
}
