import type { EventName } from './events.ts';

export const DELIVERY_STATUSES = [
  'pending',
  'retrying',
  'delivered',
  'exhausted',
  'blocked',
  'held',
  'cancelled',
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an attempt failed. `internal` is our own fault, and the only one that costs the receiver nothing. */
export const ERROR_CLASSES = [
  'blocked_address',
  'dns_error',
  'connect_error',
  'tls_error',
  'timeout',
  'connection_reset',
  'protocol_error',
  'redirect_not_followed',
  'http_status',
  'internal',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

export const TRIGGERS = ['auto', 'manual', 'recover', 'test'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** One HTTP request of a Delivery. Append-only. */
export interface Attempt {
  /** 1, 2, 3, …; counts on through retries and manual redeliveries. */
  readonly number: number;
  readonly trigger: Trigger;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly status_code?: number;
  /** Absent on a 2xx. */
  readonly error_class?: ErrorClass;
  readonly error_detail?: string;
  /** At most the first 1 KiB of the answer, as text. */
  readonly response_excerpt?: string;
}

/** What came of a request, as far as a state machine may carry it: nothing of the mail, nor of what the receiver said. */
export type UnrecordedAttempt = Omit<Attempt, 'number' | 'trigger' | 'response_excerpt'> & {
  readonly retry_after?: string;
};

/** One EmailEvent for one Endpoint. */
export interface Delivery {
  readonly id: string;
  readonly workspace_id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly event: EventName;
  /** RFC 3339; with message and event id it is the key of the event. */
  readonly event_timestamp: string;
  readonly to?: string;
  readonly status: DeliveryStatus;
  readonly attempt_count: number;
  readonly next_attempt_at?: string;
  readonly created_at: string;
  readonly completed_at?: string;
  readonly test: boolean;
}

/**
 * What travels through the state machines: keys, a number and a delay, never mail content. Both machines hand it to
 * the deliver λ and take its answer, a DeliveryResult, as the next state.
 */
export interface DeliveryTask {
  readonly workspace_id: string;
  readonly message_id: string;
  /** Time and id of the event: together with the message they are its key. */
  readonly event_timestamp: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  /** Delivery id and run: at most 80 characters, so that a repeated start of either machine is one execution. */
  readonly execution_name: string;
  /** Which start of this delivery: `auto` for the event's own, or the id of the command that asked for another one. */
  readonly run: string;
  readonly trigger: Trigger;
  /** The attempt to be made next, from 1; counts on over all runs. */
  readonly attempt: number;
  /** The same within its run, from 1: what the retry schedule goes by. */
  readonly run_attempt: number;
  /** How long Redeliver waits before it; whole seconds. */
  readonly delay_seconds: number;
  /** The attempt was made, and could not be written down: this is to be written, and nothing to be sent. */
  readonly unrecorded?: UnrecordedAttempt;
}

export const OUTCOMES = ['delivered', 'retry', 'exhausted', 'blocked', 'held', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The deliver λ's answer: the task for the next state, and what the state machine chooses by. */
export interface DeliveryResult extends DeliveryTask {
  readonly outcome: Outcome;
}

/** What the state machines invoke the deliver λ with. */
export interface DeliverInput {
  readonly task: DeliveryTask;
  /** ARN of the calling execution: owner of the claim, so that its own retry may take the lease back. */
  readonly execution: string;
  /** Our own faults outlasted Redeliver's patience: record one `internal` attempt and end, without sending. */
  readonly abandon?: boolean;
}
