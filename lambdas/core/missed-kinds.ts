import type { DeliveryStatus } from './deliveries.ts';
import type { EndpointPast } from './endpoint-past.ts';
import { wantsEvent, type Endpoint } from './endpoints.ts';
import type { EventName } from './events.ts';

/**
 * Why an endpoint did not get an event that its filter of today includes.
 *
 * - `failed`: the delivery ended without success, an attempt is overdue, or the delivery was lost.
 * - `held`: the delivery waits until the endpoint is healthy or active again.
 * - `paused`: the endpoint was paused or disabled when the event arrived, so the event has no delivery.
 * - `never_sent`: the endpoint existed, but its filter of that time did not include the event.
 * - `before_created`: the event is older than the endpoint.
 */
export const MISSED_KINDS = ['failed', 'held', 'paused', 'never_sent', 'before_created'] as const;
export type MissedKind = (typeof MISSED_KINDS)[number];

/** The kinds that a recovery includes by default: the events that the endpoint was meant to get. */
export const DEFAULT_MISSED_KINDS: readonly MissedKind[] = ['failed', 'held', 'paused'];

/** The number of events of each kind. */
export type MissedCounts = Readonly<Record<MissedKind, number>>;

/** The first attempt normally follows within this time after the event. An event shortly before a pause can have its first attempt during the pause. */
export const FIRST_ATTEMPT_WITHIN_MS = 5 * 60_000;

/** Deliveries with these statuses ended without success. */
const FAILED_STATUSES: readonly DeliveryStatus[] = ['exhausted', 'blocked', 'cancelled'];

/** The delivery of an event to one endpoint. A first attempt in progress is `pending`. */
export interface DeliveryState {
  readonly status: DeliveryStatus;
  /** True if an attempt has been due for so long that no execution is left to make it. */
  readonly overdue: boolean;
}

/** An event that the filter of today includes. */
export interface PastEvent {
  readonly name: EventName;
  /** Time of the event in epoch milliseconds. */
  readonly atMs: number;
  /** Absent if the event has neither a delivery nor a claim. */
  readonly delivery?: DeliveryState;
}

function kindOfDelivery({ status, overdue }: DeliveryState): MissedKind | undefined {
  if (status === 'held') return 'held';
  return overdue || FAILED_STATUSES.includes(status) ? 'failed' : undefined;
}

/** The filter at a time. Undefined if it is unknown. */
function filterAt(past: EndpointPast, atMs: number): Endpoint['events'] | undefined {
  return past.findLast(({ fromMs }) => fromMs <= atMs)?.events;
}

/** Whether an endpoint was paused or disabled at any time between two times, inclusive. */
function wasInactive(past: EndpointPast, fromMs: number, untilMs: number): boolean {
  return past.some(
    (period, index) =>
      !period.active && period.fromMs <= untilMs && (past[index + 1]?.fromMs ?? Infinity) > fromMs,
  );
}

/** Why an endpoint did not get an event. Undefined if the endpoint got the event, or if an attempt will still be made. */
export function missedKind(
  { name, atMs, delivery }: PastEvent,
  { createdAtMs, past }: { readonly createdAtMs: number; readonly past: EndpointPast },
): MissedKind | undefined {
  if (delivery) return kindOfDelivery(delivery);
  if (atMs < createdAtMs) return 'before_created';
  const events = filterAt(past, atMs);
  if (events === undefined || !wantsEvent({ events }, name)) return 'never_sent';
  return wasInactive(past, atMs, atMs + FIRST_ATTEMPT_WITHIN_MS) ? 'paused' : 'failed';
}
