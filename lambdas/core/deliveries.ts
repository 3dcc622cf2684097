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

/** Why an attempt failed. Only `internal` is a failure on our side, which does not count against the endpoint. */
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
  /** 1, 2, 3, … over all runs and manual attempts of the delivery. */
  readonly number: number;
  readonly trigger: Trigger;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly status_code?: number;
  /** Absent on a 2xx. */
  readonly error_class?: ErrorClass;
  readonly error_detail?: string;
  /** At most the first 1 KiB of the response, as text. */
  readonly response_excerpt?: string;
}

/**
 * An attempt that was sent but could not be recorded yet. It travels in the state machine's payload, so it contains no part
 * of the email or of the response body.
 */
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
  /** RFC 3339. Together with `message_id` and `event_id` it is the key of the event. */
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
 * The payload of the state machines: keys, the attempt number and a delay, never content of an email. Both machines pass it
 * to the deliver function. The DeliveryResult that the function returns is the next state.
 */
export interface DeliveryTask {
  readonly workspace_id: string;
  readonly message_id: string;
  /** Together with `message_id` and `event_id` it is the key of the event. */
  readonly event_timestamp: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  /** Delivery id and run, at most 80 characters. A repeated start has the same name, so a Standard execution starts once. */
  readonly execution_name: string;
  /** The run of this delivery: `auto` for the event's own run, or the id of the command that started another run. */
  readonly run: string;
  readonly trigger: Trigger;
  /** The number of the next attempt, from 1, over all runs. */
  readonly attempt: number;
  /** The number of the next attempt within its run, from 1. The retry schedule depends on it. */
  readonly run_attempt: number;
  /** Whole seconds that Redeliver waits before the attempt. */
  readonly delay_seconds: number;
  /** An attempt that was sent but not recorded. If it is set, it is recorded and nothing is sent. */
  readonly unrecorded?: UnrecordedAttempt;
}

export const OUTCOMES = ['delivered', 'retry', 'exhausted', 'blocked', 'held', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What the deliver function returns: the task for the next state, and the outcome by which the state machine chooses. */
export interface DeliveryResult extends DeliveryTask {
  readonly outcome: Outcome;
}

/** The input with which the state machines invoke the deliver function. */
export interface DeliverInput {
  readonly task: DeliveryTask;
  /** ARN of the calling execution, which owns the claim. A retry of the same execution may claim the attempt again. */
  readonly execution: string;
  /** True after internal errors have used up Redeliver's retries: record one `internal` attempt, send nothing, and end. */
  readonly abandon?: boolean;
}
