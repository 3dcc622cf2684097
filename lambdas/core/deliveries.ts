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

/**
 * One attempt to send the webhook of a Delivery. An attempt usually sends one HTTP request. It sends a second request if the
 * receiver had closed the reused connection. It sends no request if the address is blocked, if no connection can be opened, or
 * if the error class is `internal`. Append-only: a stored attempt never changes.
 */
export interface Attempt {
  /** 1, 2, 3, … over all runs of the delivery, including manual requests. */
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
 * The payload of the state machines Deliver and Redeliver: keys, the attempt number and a delay, never content of an email.
 * Both machines pass the payload to the deliver function. The function returns a DeliveryResult, which is the payload of the
 * next state. The payload of the third state machine, Recover, is a ReplayTask.
 */
export interface DeliveryTask {
  readonly workspace_id: string;
  readonly message_id: string;
  /** Together with `message_id` and `event_id` it is the key of the event. */
  readonly event_timestamp: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  /**
   * The delivery id and the run, at most 80 characters. A repeated start has the same name. Step Functions then starts only one
   * execution of Redeliver (Standard), but it can start two executions of Deliver (Express). The claim of the attempt lets only
   * one of those two send.
   */
  readonly execution_name: string;
  /**
   * A run is a series of attempts of one delivery with one cause. Each run starts the retry schedule from the beginning. The
   * value identifies the cause:
   *
   * - The event itself: `auto`.
   * - A recovery: the id of the Recovery.
   * - A drain: the id of the drain command and `-drain`. For a probe, the id and the number of the probe, such as `-0`.
   * - A manual request: the id of the redeliver command. This run has one attempt and no retries.
   */
  readonly run: string;
  readonly trigger: Trigger;
  /** The number of the next attempt, from 1, over all runs. */
  readonly attempt: number;
  /** The number of the next attempt within its run, from 1. This number determines the delay before the next retry. */
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
