import type { Attempt, Delivery } from '../core/deliveries.ts';
import { getDelivery } from '../store/deliveries.ts';
import { notFound } from './errors.ts';
import { route } from './route.ts';
import { idOf, noQuery } from './schemas/common.ts';
import { deliveryWithAttemptsJson } from './schemas/deliveries.ts';

/** A Delivery as the API shows it; what is not known is null. */
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
    created_at: delivery.created_at,
    completed_at: delivery.completed_at ?? null,
    test: delivery.test,
  };
}

function toAttemptJson(attempt: Attempt): Record<string, unknown> {
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
  scope: 'read',
  summary: 'One delivery, with its attempts',
  params: { id: idOf('dlv') },
  query: noQuery,
  answers: { 200: deliveryWithAttemptsJson },
  async handle(deps, { caller, params }) {
    const found = await getDelivery(deps.table, caller.workspaceId, params['id'] ?? '');
    if (!found) throw notFound();
    const body = { ...toDeliveryJson(found.delivery), attempts: found.attempts.map(toAttemptJson) };
    return { status: 200, body };
  },
});

export const deliveryRoutes = [get];
