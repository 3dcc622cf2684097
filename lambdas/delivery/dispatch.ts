import type { Command, ReplayTask } from '../core/commands.ts';
import type { DeliveryTask } from '../core/deliveries.ts';
import { matchEndpoints, type Endpoint } from '../core/endpoints.ts';
import type { EmailEvent, SuppressionReason } from '../core/events.ts';
import { probeDelaySeconds } from '../core/endpoint-health.ts';
import { deliveryId } from '../core/ids.ts';
import { scaledSeconds } from '../core/wait-scale.ts';
import { isMailboxSimulator } from '../core/mailbox-simulator.ts';
import type { StoredEvent } from '../store/event-rows.ts';

export interface AutoSuppress {
  readonly hardBounces: boolean;
  readonly complaints: boolean;
}

export interface DispatchDeps {
  /** The workspace's endpoints; one read serves a whole batch. */
  readonly endpointsOf: (workspaceId: string) => Promise<readonly Endpoint[]>;
  /** Starts the Express execution of a delivery's first attempt. */
  readonly startDelivery: (task: DeliveryTask) => Promise<void>;
  /** Stores a delivery without an attempt; one that is there already is left as it is. */
  readonly holdDelivery: (task: DeliveryTask, stored: StoredEvent) => Promise<void>;
  /** Starts the Recover machine; one that was started for the same command counts as started. */
  readonly startReplay: (task: ReplayTask) => Promise<void>;
  /** Adds the recipient to the workspace's list; one already listed is left as it is. */
  readonly suppress: (event: EmailEvent, reason: SuppressionReason) => Promise<void>;
  readonly autoSuppress: AutoSuppress;
  /** Of the wait before the first probe; 1 if absent. */
  readonly waitScale?: number;
}

/**
 * Why an event puts its recipient on the workspace's suppression list, if it does. An address of the SES mailbox
 * simulator is never suppressed, so that every email to it has the outcome that it names.
 */
export function suppressionReasonOf(event: EmailEvent, options: AutoSuppress): SuppressionReason | undefined {
  if (event.to === undefined || isMailboxSimulator(event.to)) return undefined;
  if (event.event === 'bounced' && options.hardBounces) return 'bounce';
  if (event.event === 'complained' && options.complaints) return 'complaint';
  return undefined;
}

/** What identifies an event to a delivery of it. */
export type EventReference = Pick<EmailEvent, 'workspace_id' | 'message_id' | 'timestamp' | 'event_id'>;

/** A delivery of an event to an endpoint, as a run of it begins. `attempts` were made before. */
export function createTask(
  event: EventReference,
  endpointId: string,
  run: { readonly id: string; readonly trigger: DeliveryTask['trigger']; readonly attempts: number },
): DeliveryTask {
  return {
    workspace_id: event.workspace_id,
    message_id: event.message_id,
    event_timestamp: event.timestamp,
    event_id: event.event_id,
    endpoint_id: endpointId,
    execution_name: `${deliveryId(event.event_id, endpointId)}-${run.id}`,
    run: run.id,
    trigger: run.trigger,
    attempt: run.attempts + 1,
    run_attempt: 1,
    delay_seconds: 0,
  };
}

/** The first attempt of a delivery that an event makes by itself. */
export function createFirstTask(event: EventReference, endpointId: string): DeliveryTask {
  return createTask(event, endpointId, { id: 'auto', trigger: 'auto', attempts: 0 });
}

/** What a new event causes: a delivery for each endpoint that wants it, and perhaps a suppression. May run twice. */
export async function dispatchEvent(deps: DispatchDeps, stored: StoredEvent): Promise<number> {
  const { event } = stored;
  const endpoints = matchEndpoints(await deps.endpointsOf(event.workspace_id), event);
  const reason = suppressionReasonOf(event, deps.autoSuppress);
  await Promise.all([
    ...endpoints.map((endpoint) => {
      const task = createFirstTask(event, endpoint.id);
      // A failing endpoint costs a row, and neither an execution nor a wait.
      return endpoint.breaker_opened_at === undefined
        ? deps.startDelivery(task)
        : deps.holdDelivery(task, stored);
    }),
    ...(reason === undefined ? [] : [deps.suppress(event, reason)]),
  ]);
  return endpoints.length;
}

/** What a command causes. May run twice: executions are named after it. */
export async function dispatchCommand(deps: DispatchDeps, command: Command): Promise<number> {
  if (command.command === 'redeliver') {
    await deps.startDelivery(command.task);
    return 1;
  }
  if (command.command === 'continue') {
    await deps.startReplay(command.task);
    return 0;
  }
  const waits = command.command === 'drain' && command.opened_at !== undefined;
  await deps.startReplay({
    workspace_id: command.workspace_id,
    command_id: command.id,
    command: command.command,
    execution_name: command.id,
    delay_seconds: waits ? scaledSeconds(probeDelaySeconds(0), deps.waitScale) : 0,
    steps: 0,
    probes: 0,
  });
  return 0;
}
