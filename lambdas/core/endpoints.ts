import type { EmailEvent, EventName } from './events.ts';

/** `paused` by the user, `disabled` by us; the reason and the time say why and since when. */
export const ENDPOINT_STATUSES = ['active', 'paused', 'disabled'] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

/** One live secret of an endpoint, sealed by KMS with workspace, endpoint and version as context. */
export interface SealedSecret {
  readonly version: number;
  readonly sealed: Uint8Array;
  /** RFC 3339; absent on the current secret, set on one that a rotation is letting run out. */
  readonly expires_at?: string;
}

/** A webhook URL with its event filter and its secrets (newest first, at most 3 live). */
export interface Endpoint {
  readonly id: string;
  readonly workspace_id: string;
  readonly url: string;
  /** Event names, or `['*']` for all but `unknown`. */
  readonly events: readonly (EventName | '*')[];
  readonly description?: string;
  readonly status: EndpointStatus;
  readonly status_reason?: string;
  readonly status_changed_at: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly secrets: readonly SealedSecret[];
  /** RFC 3339, of the first failed attempt since the last success; absent while all is well. */
  readonly failing_since?: string;
  /** Failed attempts since then. */
  readonly failures?: number;
  /** RFC 3339, of the newest of them. Absent on rows of earlier versions. */
  readonly last_failure_at?: string;
  /** RFC 3339; while it is set, new deliveries are stored as `held` and only probes are sent. */
  readonly breaker_opened_at?: string;
  /** Set together with the `failing` entry of the history, removed together with the `recovered` one. */
  readonly health?: 'failing';
  /** Id of the drain command that is delivering the held deliveries; absent once that drain has ended. */
  readonly draining?: string;
  /** RFC 3339, when the endpoint was last active; only where a disabled endpoint was then paused. */
  readonly inactive_since?: string;
}

/** Whether an endpoint wants an event. `unknown` is stored and counted, but never delivered. */
export function wantsEvent(endpoint: Pick<Endpoint, 'events'>, event: EventName): boolean {
  if (event === 'unknown') return false;
  return endpoint.events.some((wanted) => wanted === '*' || wanted === event);
}

/** The endpoints an event makes a Delivery for. Those paused or disabled make none: `recover` makes it later. */
export function matchEndpoints(endpoints: readonly Endpoint[], event: EmailEvent): readonly Endpoint[] {
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

/** Something that befell an endpoint, or was done to it or with its secret. Append-only. */
export interface EndpointHistoryEntry {
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  readonly action: EndpointAction;
  /** Id of the key that asked for it; `ivymail` where we did it ourselves. */
  readonly by: string;
  readonly reason?: string;
}
