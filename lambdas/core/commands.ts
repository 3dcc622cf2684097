import type { DeliveryTask } from './deliveries.ts';

/** One delivery again, by a person: one attempt. */
export interface RedeliverCommand {
  readonly command: 'redeliver';
  readonly task: DeliveryTask;
}

/** What an endpoint missed, paced: the row of the Recovery is the command. */
export interface RecoverCommand {
  readonly command: 'recover';
  readonly endpoint_id: string;
}

/** What a breaker or a pause has held back for an endpoint. */
export interface DrainCommand {
  readonly command: 'drain';
  readonly endpoint_id: string;
  /** The opening of the breaker that it waits out; absent where the endpoint was resumed. */
  readonly opened_at?: string;
}

/** A paced command that has filled the history of one execution, and goes on in another. */
export interface ContinueCommand {
  readonly command: 'continue';
  readonly task: ReplayTask;
}

/** A row that causes deliveries as an event does: the stream is the one door to a webhook. */
export type Command = (RedeliverCommand | RecoverCommand | DrainCommand | ContinueCommand) & {
  readonly id: string;
  readonly workspace_id: string;
};

export const RECOVERY_STATUSES = ['running', 'completed', 'cancelled'] as const;
export type RecoveryStatus = (typeof RECOVERY_STATUSES)[number];

/** Everything an endpoint missed between two times, delivered at a bounded rate. */
export interface Recovery {
  /** `rcv_…` */
  readonly id: string;
  readonly workspace_id: string;
  readonly endpoint_id: string;
  /** RFC 3339, inclusive; times of events. */
  readonly since: string;
  /** RFC 3339, exclusive. */
  readonly until: string;
  readonly status: RecoveryStatus;
  /** Missed events when it was asked for. */
  readonly count: number;
  /** Deliveries started so far. */
  readonly started: number;
  readonly created_at: string;
  readonly completed_at?: string;
}

/** What the Recover machine carries from step to step. */
export interface ReplayTask {
  readonly workspace_id: string;
  readonly command_id: string;
  readonly command: 'recover' | 'drain';
  /** Name of the execution. */
  readonly execution_name: string;
  /** Whole seconds the machine waits before the step. */
  readonly delay_seconds: number;
  /** Steps made in this execution. */
  readonly steps: number;
  /** Probes of a failing endpoint made so far. */
  readonly probes: number;
  /** A drain found nothing at its last look. */
  readonly empty?: boolean;
}

export interface ReplayResult extends ReplayTask {
  readonly outcome: 'continue' | 'done';
}
