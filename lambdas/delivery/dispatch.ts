import type { DeliveryTask } from '../core/deliveries.ts';
import { matchEndpoints, type Endpoint } from '../core/endpoints.ts';
import type { EmailEvent, SuppressionReason } from '../core/events.ts';
import { deliveryId } from '../core/ids.ts';

export interface AutoSuppress {
  readonly hardBounces: boolean;
  readonly complaints: boolean;
}

export interface DispatchDeps {
  /** The workspace's endpoints; one read serves a whole batch. */
  readonly endpointsOf: (workspaceId: string) => Promise<readonly Endpoint[]>;
  /** Starts the Express execution of a delivery's first attempt. */
  readonly startDelivery: (task: DeliveryTask) => Promise<void>;
  /** Adds the recipient to the workspace's list; one already listed is left as it is. */
  readonly suppress: (event: EmailEvent, reason: SuppressionReason) => Promise<void>;
  readonly autoSuppress: AutoSuppress;
}

/** SES's mailbox simulator is never suppressed by SES either: its addresses must go on doing what they name. */
const SIMULATOR_DOMAIN = '@simulator.amazonses.com';

/** Why an event puts its recipient on the workspace's list, if it does. */
export function suppressionReasonOf(event: EmailEvent, options: AutoSuppress): SuppressionReason | undefined {
  if (event.to === undefined || event.to.toLowerCase().endsWith(SIMULATOR_DOMAIN)) return undefined;
  if (event.event === 'bounced' && options.hardBounces) return 'bounce';
  if (event.event === 'complained' && options.complaints) return 'complaint';
  return undefined;
}

/** The first attempt of a delivery that an event makes by itself. */
export function firstTask(event: EmailEvent, endpointId: string): DeliveryTask {
  return {
    workspace_id: event.workspace_id,
    message_id: event.message_id,
    event_timestamp: event.timestamp,
    event_id: event.event_id,
    endpoint_id: endpointId,
    execution_name: `${deliveryId(event.event_id, endpointId)}-auto`,
    run: 'auto',
    trigger: 'auto',
    attempt: 1,
    delay_seconds: 0,
  };
}

/** What a new event causes: a delivery for each endpoint that wants it, and perhaps a suppression. May run twice. */
export async function dispatchEvent(deps: DispatchDeps, event: EmailEvent): Promise<number> {
  const endpoints = matchEndpoints(await deps.endpointsOf(event.workspace_id), event);
  const reason = suppressionReasonOf(event, deps.autoSuppress);
  await Promise.all([
    ...endpoints.map((endpoint) => deps.startDelivery(firstTask(event, endpoint.id))),
    ...(reason === undefined ? [] : [deps.suppress(event, reason)]),
  ]);
  return endpoints.length;
}
