import type { DeliverableEvent } from '../../lambdas/core/deliverable-events.ts';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import type { ReputationEventName } from '../../lambdas/core/reputation/event-names.ts';
import { createReputationEvent, type ReputationEvent } from '../../lambdas/core/reputation/events.ts';
import { createFirstTask } from '../../lambdas/delivery/dispatch.ts';

export const WORKSPACE_ID = deterministicId('ws', ['test']);

/** A bounce by default. */
export function anEvent(changes: Partial<EmailEvent> = {}): EmailEvent {
  return {
    event_id: deterministicId('evt', [JSON.stringify(changes)]),
    message_id: '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000',
    workspace_id: WORKSPACE_ID,
    event: 'bounced',
    to: 'invalid@example.com',
    from: 'you@yourdomain.com',
    subject: 'Hello',
    timestamp: '2026-02-25T12:00:00Z',
    details: {
      bounce_type: 'Permanent',
      bounce_subtype: 'General',
      diagnostic_code: 'smtp; 550 5.1.1 user unknown',
      reason: 'unknown_user',
    },
    ...changes,
  };
}

/** A bounce rate of 12 % in an hour. */
export const BOUNCE_REASON = {
  window: 'hour',
  metric: 'bounce',
  severity: 'pause',
  rate: 0.12,
  limit: 0.1,
  count: 60,
  volume: 500,
} as const;

/** The event of the whole workspace by default. */
export function aReputationEvent(
  event: ReputationEventName = 'reputation.paused',
  changes: {
    readonly workspaceId?: string;
    readonly configurationSet?: string;
    readonly version?: number;
  } = {},
): ReputationEvent {
  const { workspaceId = WORKSPACE_ID, configurationSet = null, version = 1 } = changes;
  const reasons = event === 'reputation.resumed' ? [] : [BOUNCE_REASON];
  const state = { configuration_set: configurationSet, reasons, version };
  return createReputationEvent(event, workspaceId, state, '2026-02-25T12:00:00Z');
}

export function anEndpoint(changes: Partial<Endpoint> = {}): Endpoint {
  return {
    id: deterministicId('ep', [JSON.stringify(changes)]),
    workspace_id: WORKSPACE_ID,
    url: 'https://hooks.example.com/ivymail',
    events: ['*'],
    status: 'active',
    status_changed_at: '2026-01-01T00:00:00Z',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    secrets: [{ version: 1, sealed: new Uint8Array([1, 2, 3]) }],
    ...changes,
  };
}

export function aTask(
  event: DeliverableEvent,
  endpoint: Endpoint,
  changes: Partial<DeliveryTask> = {},
): DeliveryTask {
  // By default, the attempt number within the run equals the attempt number of the delivery.
  return { ...createFirstTask(event, endpoint.id), run_attempt: changes.attempt ?? 1, ...changes };
}
