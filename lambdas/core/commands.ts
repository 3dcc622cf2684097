import type { DeliveryGroup, DeliveryTask } from './deliveries.ts';
import type { Endpoint } from './endpoints.ts';
import type { MissedKind } from './missed-kinds.ts';
import { formatTimestamp } from './timestamps.ts';

/** Redelivers one delivery by one manual attempt. */
export interface RedeliverCommand {
  readonly command: 'redeliver';
  readonly task: DeliveryTask;
}

/**
 * Delivers the events that an endpoint missed between two times: events without a delivery, and events whose delivery ended
 * without success or stalled. The row of the Recovery is also the row of this command.
 */
export interface RecoverCommand {
  readonly command: 'recover';
  readonly endpoint_id: string;
}

/** Delivers the held deliveries of an endpoint. */
export interface DrainCommand {
  readonly command: 'drain';
  readonly endpoint_id: string;
  /** When the breaker opened, if this opening caused the drain. Absent for every other drain, such as after a resume. */
  readonly opened_at?: string;
}

/** Continues a replay in a new execution, because a Standard execution has a limited number of history entries. */
export interface ContinueCommand {
  readonly command: 'continue';
  readonly task: ReplayTask;
}

/** Continues the retries of a group in a new execution, for the same reason. */
export interface RetryCommand {
  readonly command: 'retry';
  readonly group: DeliveryGroup;
}

/**
 * A row that requests deliveries. Dispatch reads commands from the table's stream, as it reads events. The commands
 * `redeliver` and `retry` start the state machine Deliver. The commands `recover`, `drain` and `continue` start the state machine
 * Recover.
 */
export type Command = (RedeliverCommand | RecoverCommand | DrainCommand | ContinueCommand | RetryCommand) & {
  readonly id: string;
  readonly workspace_id: string;
};

export const RECOVERY_STATUSES = ['running', 'completed', 'cancelled'] as const;
export type RecoveryStatus = (typeof RECOVERY_STATUSES)[number];

/** A replay of all events that an endpoint missed between two times, at a bounded rate. */
export interface Recovery {
  /** `rcv_…` */
  readonly id: string;
  readonly workspace_id: string;
  readonly endpoint_id: string;
  /** RFC 3339, inclusive. Compared with the time of an event. */
  readonly since: string;
  /** RFC 3339, exclusive. */
  readonly until: string;
  /** The kinds of events to deliver. Absent on rows of v0.1.0, whose recoveries deliver every kind. */
  readonly include?: readonly MissedKind[];
  readonly status: RecoveryStatus;
  /** The number of missed events when the recovery was requested. */
  readonly count: number;
  /** Deliveries started so far. */
  readonly started: number;
  readonly created_at: string;
  readonly completed_at?: string;
}

export type RecoveryRange = Pick<Recovery, 'since' | 'until'>;

/**
 * The time range of a recovery in canonical form. It ends now at the latest, because future events cannot have been missed.
 * Undefined if the range is empty. The times must be valid.
 */
export function recoveryRange(
  { since, until }: { readonly since: string; readonly until?: string | undefined },
  nowMs: number,
): RecoveryRange | undefined {
  const sinceMs = Date.parse(since);
  const untilMs = Math.min(until === undefined ? nowMs : Date.parse(until), nowMs);
  return sinceMs < untilMs ? { since: formatTimestamp(sinceMs), until: formatTimestamp(untilMs) } : undefined;
}

/** A recovery that has not started any delivery yet. */
export function newRecovery({
  id,
  endpoint,
  range,
  include,
  count,
  nowMs,
}: {
  readonly id: string;
  readonly endpoint: Pick<Endpoint, 'id' | 'workspace_id'>;
  readonly range: RecoveryRange;
  readonly include: readonly MissedKind[];
  readonly count: number;
  readonly nowMs: number;
}): Recovery {
  return {
    id,
    workspace_id: endpoint.workspace_id,
    endpoint_id: endpoint.id,
    ...range,
    include,
    status: 'running',
    count,
    started: 0,
    created_at: formatTimestamp(nowMs),
  };
}

/** The state that the Recover machine passes from one step to the next. */
export interface ReplayTask {
  readonly workspace_id: string;
  readonly command_id: string;
  readonly command: 'recover' | 'drain';
  readonly execution_name: string;
  /** Whole seconds that the machine waits before the step. */
  readonly delay_seconds: number;
  /** The number of steps that this execution has run. */
  readonly steps: number;
  /** The number of probes sent while the breaker was open. */
  readonly probes: number;
  /** True if the last step of a drain found no held delivery. */
  readonly empty?: boolean;
}

export interface ReplayResult extends ReplayTask {
  readonly outcome: 'continue' | 'done';
}
