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
  /** The workspace's endpoints. They are read once for a batch. */
  readonly endpointsOf: (workspaceId: string) => Promise<readonly Endpoint[]>;
  /** Starts the Express machine Deliver, which makes the first attempt of a run. */
  readonly startDelivery: (task: DeliveryTask) => Promise<void>;
  /** Stores a delivery as `held`, without an attempt. A delivery that exists stays unchanged. */
  readonly holdDelivery: (task: DeliveryTask, stored: StoredEvent) => Promise<void>;
  /** Starts the Recover machine. An execution that already exists for the same command counts as started. */
  readonly startReplay: (task: ReplayTask) => Promise<void>;
  /** Adds the recipient to the workspace's suppression list. An entry that exists stays unchanged. */
  readonly suppress: (event: EmailEvent, reason: SuppressionReason) => Promise<void>;
  readonly autoSuppress: AutoSuppress;
  /** Scales the wait before the first probe. 1 if absent. */
  readonly waitScale?: number;
}

/**
 * The reason for which an event adds its recipient to the workspace's suppression list, or undefined. An address of the SES
 * mailbox simulator is never suppressed, so that an email to it always has the outcome that the address names.
 */
export function suppressionReasonOf(event: EmailEvent, options: AutoSuppress): SuppressionReason | undefined {
  if (event.to === undefined || isMailboxSimulator(event.to)) return undefined;
  if (event.event === 'bounced' && options.hardBounces) return 'bounce';
  if (event.event === 'complained' && options.complaints) return 'complaint';
  return undefined;
}

/** The fields by which a delivery finds its event in the table. */
export type EventReference = Pick<EmailEvent, 'workspace_id' | 'message_id' | 'timestamp' | 'event_id'>;

/**
 * Creates the task of the first attempt of a run. A run is a series of attempts of one delivery with one cause, such as the
 * event itself or a command. `run.attempts` is the number of attempts that the delivery has already made, over all runs.
 */
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

/** Creates the task of a delivery's first attempt. Its run is `auto`, because the event itself is the cause. */
export function createFirstTask(event: EventReference, endpointId: string): DeliveryTask {
  return createTask(event, endpointId, { id: 'auto', trigger: 'auto', attempts: 0 });
}

/**
 * Starts a delivery for each active endpoint that subscribes to the event. If the endpoint's breaker is open, the delivery is
 * stored as `held` instead. Adds the recipient to the suppression list if the event requires it. Returns the number of
 * started and held deliveries.
 *
 * Safe to repeat: only one execution can claim an attempt, and an existing `held` delivery or suppression stays unchanged.
 */
export async function dispatchEvent(deps: DispatchDeps, stored: StoredEvent): Promise<number> {
  const { event } = stored;
  const endpoints = matchEndpoints(await deps.endpointsOf(event.workspace_id), event);
  const reason = suppressionReasonOf(event, deps.autoSuppress);
  await Promise.all([
    ...endpoints.map((endpoint) => {
      const task = createFirstTask(event, endpoint.id);
      // While the breaker is open, a delivery is only stored. It costs no execution and no 15 s timeout.
      return endpoint.breaker_opened_at === undefined
        ? deps.startDelivery(task)
        : deps.holdDelivery(task, stored);
    }),
    ...(reason === undefined ? [] : [deps.suppress(event, reason)]),
  ]);
  return endpoints.length;
}

/**
 * Starts a manual attempt or a replay. Returns the number of started deliveries. A replay starts its deliveries later, so
 * it counts as 0.
 *
 * Safe to repeat. Recover is a Standard machine, so Step Functions starts it only once for the name in the command. Deliver
 * is an Express machine, whose names are not unique. There, the claim allows only one attempt for each command.
 */
export async function dispatchCommand(deps: DispatchDeps, command: Command): Promise<number> {
  if (command.command === 'redeliver') {
    await deps.startDelivery(command.task);
    return 1;
  }
  if (command.command === 'continue') {
    await deps.startReplay(command.task);
    return 0;
  }
  const isBreakerDrain = command.command === 'drain' && command.opened_at !== undefined;
  await deps.startReplay({
    workspace_id: command.workspace_id,
    command_id: command.id,
    command: command.command,
    execution_name: command.id,
    delay_seconds: isBreakerDrain ? scaledSeconds(probeDelaySeconds(0), deps.waitScale) : 0,
    steps: 0,
    probes: 0,
  });
  return 0;
}
