import type { DeliverableName, StoredEvent } from './deliverable-events.ts';

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

/** One event for one Endpoint. */
export interface Delivery {
  readonly id: string;
  readonly workspace_id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  /** Of a reputation event, its `rpt_…` id. */
  readonly message_id: string;
  readonly event: DeliverableName;
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

/** Internal errors that prevented the next attempt of a delivery, without interruption. */
export interface InternalErrors {
  readonly count: number;
  /** RFC 3339, of the first of them. */
  readonly since: string;
}

/**
 * The next attempt of one delivery: keys, the attempt number and a delay, never content of an email. Tasks travel in a
 * DeliveryGroup.
 */
export interface DeliveryTask {
  readonly workspace_id: string;
  readonly message_id: string;
  /** Together with `message_id` and `event_id` it is the key of the event. */
  readonly event_timestamp: string;
  readonly event_id: string;
  readonly endpoint_id: string;
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
  /** Whole seconds before the attempt, from the moment at which the group of the task starts or is returned. */
  readonly delay_seconds: number;
  readonly internal_errors?: InternalErrors;
  /** An attempt that was sent but not recorded. If it is set, it is recorded and nothing is sent. */
  readonly unrecorded?: UnrecordedAttempt;
}

/**
 * The deliveries to one endpoint that one execution carries. The state machines Deliver and Redeliver pass a group to the deliver
 * function, which returns a GroupResult. The payload of the third state machine, Recover, is a ReplayTask.
 */
export interface DeliveryGroup {
  readonly workspace_id: string;
  readonly endpoint_id: string;
  /**
   * At most 80 characters, computed from the deliveries of the group and their runs. A repeated start has the same name. Step
   * Functions then starts only one execution of Redeliver (Standard), but it can start two executions of Deliver (Express).
   * The claim of an attempt lets only one of those two send.
   */
  readonly execution_name: string;
  /** Whole seconds that Redeliver waits before it calls the deliver function. The tasks with at most this delay are then due. */
  readonly delay_seconds: number;
  /** The number of times that the deliver function has returned the group to Redeliver. */
  readonly wakes: number;
  /** `needed` after requests that got no response in time. `taken` while the group waits for its turn at the endpoint. */
  readonly turn?: 'needed' | 'taken';
  readonly tasks: readonly DeliveryTask[];
}

export const OUTCOMES = ['delivered', 'retry', 'exhausted', 'blocked', 'held', 'cancelled'] as const;
/** What happens after an attempt, or instead of it. */
export type Outcome = (typeof OUTCOMES)[number];

/** What the deliver function returns: the tasks that are left, and whether any are. The state machine chooses by the outcome. */
export interface GroupResult extends DeliveryGroup {
  readonly outcome: 'retry' | 'done';
}

/** The payload of version 0.1.0, in which each delivery had an execution of its own. */
export interface SingleTask extends DeliveryTask {
  readonly execution_name: string;
}

/** What the deliver function returns for a SingleTask. */
export interface SingleResult extends SingleTask {
  readonly outcome: Outcome;
}

/** The input with which the state machines invoke the deliver function. */
export interface DeliverInput {
  /** A SingleTask if version 0.1.0 started the Redeliver execution, or if its Deliver execution did. */
  readonly group: DeliveryGroup | SingleTask;
  /** Events of the tasks, which travel to the first attempt. The function reads the events that are absent. */
  readonly events?: readonly StoredEvent[];
  /**
   * ARN of the calling execution, which owns the claims. If the machine calls the function again, the execution may claim a later
   * attempt again at once, and a first attempt after its lease.
   */
  readonly execution: string;
  /** True after internal errors have used up Redeliver's retries: record one `internal` attempt for each task, and send nothing. */
  readonly abandon?: boolean;
}

/** The input that the state machines of version 0.1.0 pass to the deliver function. */
export interface SingleDeliverInput extends Omit<DeliverInput, 'group' | 'events'> {
  readonly task: SingleTask;
}
