import type { Attempt, Delivery } from '../core/deliveries.ts';
import { randomId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { createTask } from '../delivery/dispatch.ts';
import { webhookPayload } from '../delivery/payload.ts';
import { putCommand } from '../store/commands.ts';
import { getDelivery, listEndpointDeliveries } from '../store/deliveries.ts';
import { getEndpoint } from '../store/endpoints.ts';
import { getEvent } from '../store/events.ts';
import { requireActive, requireEndpoint, endpointParam } from './endpoint-access.ts';
import { ApiError, notFound } from './errors.ts';
import { cursorScope, positionOf, toList } from './pages.ts';
import { route } from './route.ts';
import { idOf, listOf, noQuery } from './schemas/common.ts';
import { deliveriesQuery, deliveryJson, deliveryWithAttemptsJson } from './schemas/deliveries.ts';

/** A Delivery in the form of the API. Unknown values are null. */
export function toDeliveryJson(delivery: Delivery): Record<string, unknown> {
  return {
    id: delivery.id,
    event_id: delivery.event_id,
    endpoint_id: delivery.endpoint_id,
    message_id: delivery.message_id,
    event: delivery.event,
    to: delivery.to ?? null,
    status: delivery.status,
    attempt_count: delivery.attempt_count,
    next_attempt_at: delivery.next_attempt_at ?? null,
    event_timestamp: delivery.event_timestamp,
    created_at: delivery.created_at,
    completed_at: delivery.completed_at ?? null,
    test: delivery.test,
  };
}

/** An Attempt in the form of the API. Unknown values are null. */
export function toAttemptJson(attempt: Attempt): Record<string, unknown> {
  return {
    number: attempt.number,
    trigger: attempt.trigger,
    started_at: attempt.started_at,
    duration_ms: attempt.duration_ms,
    status_code: attempt.status_code ?? null,
    error_class: attempt.error_class ?? null,
    error_detail: attempt.error_detail ?? null,
    response_excerpt: attempt.response_excerpt ?? null,
  };
}

const get = route({
  method: 'GET',
  path: '/v1/deliveries/{id}',
  operationId: 'getDelivery',
  scope: 'read',
  summary: 'Get a delivery',
  description:
    'Returns one delivery with all its attempts and the body that each attempt sends. `payload` is null after the event has expired.',
  params: { id: idOf('dlv') },
  query: noQuery,
  responses: { 200: deliveryWithAttemptsJson },
  async handle(deps, { caller, params }) {
    const found = await getDelivery(deps.table, caller.workspaceId, params['id'] ?? '');
    if (!found) throw notFound();
    const { delivery, attempts } = found;
    const stored = await getEvent(deps.table, { ...delivery, timestamp: delivery.event_timestamp });
    return {
      status: 200,
      body: {
        ...toDeliveryJson(delivery),
        attempts: attempts.map(toAttemptJson),
        payload: stored ? (JSON.parse(webhookPayload(stored.event)) as unknown) : null,
      },
    };
  },
});

const LIST_PATH = '/v1/webhooks/{id}/deliveries';

const listForEndpoint = route({
  method: 'GET',
  path: LIST_PATH,
  operationId: 'listDeliveries',
  scope: 'read',
  summary: 'List the deliveries of a webhook endpoint',
  description:
    'Returns the deliveries of one endpoint, newest event first. A delivery whose first attempt is in progress is not in the list yet. A page can contain fewer deliveries than `limit` although there are more. Continue until `next_cursor` is null.',
  params: endpointParam,
  query: deliveriesQuery,
  responses: { 200: listOf(deliveryJson) },
  errors: ['invalid_cursor'],
  async handle(deps, { caller, params, query }) {
    const { workspaceId } = caller;
    const { id: endpointId } = await requireEndpoint(deps, caller, params);
    const { status, cursor, limit } = query;
    const scope = cursorScope(workspaceId, LIST_PATH, { id: endpointId, status });
    const position = await positionOf(deps, scope, cursor);
    const page = await listEndpointDeliveries(deps.table, {
      workspaceId,
      endpointId,
      ...(status !== undefined && { status }),
      limit,
      ...(position && { position }),
    });
    return { status: 200, body: await toList(deps, scope, { page, toJson: toDeliveryJson }) };
  },
});

const redeliver = route({
  method: 'POST',
  path: '/v1/deliveries/{id}/redeliver',
  operationId: 'redeliver',
  scope: 'admin',
  summary: 'Redeliver one event',
  description:
    'Makes one more attempt. The delivery can have any status, but the endpoint must be active. The response does not wait for the attempt. If the attempt fails, only `attempt_count` changes.',
  params: { id: idOf('dlv') },
  query: noQuery,
  responses: { 202: deliveryJson },
  async handle(deps, { caller, params }) {
    const { workspaceId } = caller;
    const found = await getDelivery(deps.table, workspaceId, params['id'] ?? '');
    if (!found) throw notFound();
    const { delivery } = found;
    const endpoint = await getEndpoint(deps.table, workspaceId, delivery.endpoint_id);
    if (!endpoint) throw new ApiError('invalid_field', 'The endpoint was deleted', { field: 'id' });
    requireActive(endpoint);
    const id = randomId('rcv', deps.randomBytes);
    const task = createTask({ ...delivery, timestamp: delivery.event_timestamp }, endpoint.id, {
      id,
      trigger: 'manual',
      attempts: delivery.attempt_count,
    });
    const at = formatTimestamp(deps.now());
    await putCommand(deps.table, { command: 'redeliver', id, workspace_id: workspaceId, task }, at);
    return { status: 202, body: toDeliveryJson(delivery) };
  },
});

export const deliveryRoutes = [get, listForEndpoint, redeliver];
