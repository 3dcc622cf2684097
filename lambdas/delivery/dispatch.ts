import type { Command, ReplayTask } from '../core/commands.ts';
import type { DeliveryTask } from '../core/deliveries.ts';
import { matchEndpoints, type Endpoint } from '../core/endpoints.ts';
import { isReputationEvent, type DeliverableEvent, type StoredEvent } from '../core/deliverable-events.ts';
import type { EmailEvent, SuppressionReason } from '../core/events.ts';
import type { ReputationEvent } from '../core/reputation/events.ts';
import { probeDelaySeconds } from '../core/endpoint-health.ts';
import { scaledSeconds } from '../core/wait-scale.ts';
import { isMailboxSimulator } from '../core/mailbox-simulator.ts';
import type { HeldDelivery } from '../store/hold-deliveries.ts';
import { createMember, singleGroup, type GroupMember, type GroupStart } from './groups.ts';

export interface AutoSuppress {
  readonly hardBounces: boolean;
  readonly complaints: boolean;
}

/** What one row causes. The effects of all rows of a batch are then carried out together. */
export interface DispatchPlan {
  /** First attempts. Those of one endpoint share an execution. */
  readonly members: readonly GroupMember[];
  /** Groups that need an execution of their own. */
  readonly groups: readonly GroupStart[];
  /** Deliveries to store as `held`, because the breaker of the endpoint is open. */
  readonly held: readonly HeldDelivery[];
  readonly replays: readonly ReplayTask[];
  /** The recipient to add to the workspace's suppression list. */
  readonly suppression?: { readonly event: EmailEvent; readonly reason: SuppressionReason };
  /** The event to announce on the alarm topic and to apply to the configuration set. */
  readonly reputation?: ReputationEvent;
}

const NO_EFFECT: DispatchPlan = { members: [], groups: [], held: [], replays: [] };

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
export type EventReference = Pick<DeliverableEvent, 'workspace_id' | 'message_id' | 'timestamp' | 'event_id'>;

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
 * Plans a delivery for each active endpoint that subscribes to the event. While the breaker of an endpoint is open, its delivery
 * is only stored, as `held`: it costs no execution and no 15 s timeout. A hard bounce or a complaint also suppresses its recipient. A
 * reputation event is also announced on the alarm topic, and it switches the configuration set.
 */
export function planEvent(
  stored: StoredEvent,
  endpoints: readonly Endpoint[],
  autoSuppress: AutoSuppress,
): DispatchPlan {
  const { event } = stored;
  const members: GroupMember[] = [];
  const held: HeldDelivery[] = [];
  for (const endpoint of matchEndpoints(endpoints, event)) {
    const task = createFirstTask(event, endpoint.id);
    if (endpoint.breaker_opened_at === undefined) members.push(createMember(task, stored));
    else held.push({ task, stored });
  }
  if (isReputationEvent(event)) return { ...NO_EFFECT, members, held, reputation: event };
  const reason = suppressionReasonOf(event, autoSuppress);
  return { ...NO_EFFECT, members, held, ...(reason !== undefined && { suppression: { event, reason } }) };
}

/**
 * Plans a manual attempt, the continuation of retries, or a replay. `waitScale` scales the wait before the first probe.
 *
 * Safe to repeat. Recover is a Standard machine, so Step Functions starts it only once for the name in the command. Deliver
 * is an Express machine, whose names are not unique. There, the claim allows only one attempt for each command.
 */
export function planCommand(command: Command, waitScale?: number): DispatchPlan {
  switch (command.command) {
    case 'redeliver':
      return { ...NO_EFFECT, groups: [singleGroup(command.task)] };
    case 'retry':
      return { ...NO_EFFECT, groups: [{ group: command.group, events: [] }] };
    case 'continue':
      return { ...NO_EFFECT, replays: [command.task] };
    case 'recover':
    case 'drain': {
      const isBreakerDrain = command.command === 'drain' && command.opened_at !== undefined;
      const task: ReplayTask = {
        workspace_id: command.workspace_id,
        command_id: command.id,
        command: command.command,
        execution_name: command.id,
        delay_seconds: isBreakerDrain ? scaledSeconds(probeDelaySeconds(0), waitScale) : 0,
        steps: 0,
        probes: 0,
      };
      return { ...NO_EFFECT, replays: [task] };
    }
    default:
      throw new TypeError('The row has an unknown command');
  }
}
