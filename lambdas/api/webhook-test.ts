import type { Endpoint } from '../core/endpoints.ts';
import type { DeliverableName } from '../core/deliverable-events.ts';
import { randomId } from '../core/ids.ts';
import { sampleEvent } from '../core/sample-events.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { webhookPayload } from '../delivery/payload.ts';
import { signedRequest } from '../delivery/signed-request.ts';
import { toAttemptJson } from './deliveries.ts';
import { requireEndpoint, endpointParam } from './endpoint-access.ts';
import { route } from './route.ts';
import { noQuery } from './schemas/common.ts';
import { testWebhookBody, webhookTestJson } from './schemas/webhooks.ts';

/** The event to send if the request does not name an event: the first event that the endpoint receives, or `delivered` with `*`. */
function defaultEvent({ events }: Endpoint): Exclude<DeliverableName, 'unknown'> {
  if (events.includes('*')) return 'delivered';
  return events.find((name) => name !== '*' && name !== 'unknown') ?? 'delivered';
}

const test = route({
  method: 'POST',
  path: '/v1/webhooks/{id}/test',
  operationId: 'testWebhook',
  scope: 'admin',
  summary: 'Send a test event',
  description:
    'Sends a sample event to the endpoint and returns the result of the attempt. The request is signed like any other webhook. The event appears neither in the log nor in the statistics.',
  params: endpointParam,
  query: noQuery,
  body: testWebhookBody,
  optionalBody: true,
  responses: { 200: webhookTestJson },
  async handle(deps, { caller, params, body }) {
    const endpoint = await requireEndpoint(deps, caller, params);
    const nowMs = deps.now();
    const event = sampleEvent(body.event ?? defaultEvent(endpoint), {
      event_id: randomId('evt', deps.randomBytes),
      message_id: randomId('ivm', deps.randomBytes),
      workspace_id: caller.workspaceId,
      timestamp: formatTimestamp(nowMs),
    });
    const request = await signedRequest({ event, endpoint, attemptNumber: 1, nowMs, secrets: deps.secrets });
    const { retry_after: _retryAfter, ...result } = await deps.sendWebhook(request);
    return {
      status: 200,
      body: {
        event: event.event,
        event_id: event.event_id,
        payload: JSON.parse(webhookPayload(event)) as unknown,
        attempt: toAttemptJson({ number: 1, trigger: 'test', ...result }),
      },
    };
  },
});

export const webhookTestRoutes = [test];
