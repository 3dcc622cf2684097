/** An API with one webhook, and every code path that sends to the webhook. The address guard must protect each path. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { DeliveryTask } from '../../../lambdas/core/deliveries.ts';
import { deliveryId } from '../../../lambdas/core/ids.ts';
import type { Resolve } from '../../../lambdas/delivery/address-guard.ts';
import type { DeliverDeps } from '../../../lambdas/delivery/attempt.ts';
import { createSender, type Sender } from '../../../lambdas/delivery/send.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { getEndpoint } from '../../../lambdas/store/endpoints.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { NOW_MS, setUpApi, type ApiResponse } from '../../api/harness.ts';
import { deliverTask } from '../../../sim/builders/deliver-task.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../../sim/builders/events.ts';

export const PUBLIC_URL = 'https://hooks.example.com/';

export interface WebhookOptions {
  readonly url?: string;
  /** Resolves the host names of sends. The check of a new URL uses the resolver of the harness. */
  readonly resolve?: Resolve;
  /** The product's own sender by default. */
  readonly send?: Sender;
}

/** `store` puts a URL into the table without the check, as an older version might have done. */
export async function withWebhook(options: WebhookOptions = {}) {
  const { table, deps, state, sendRequest, rows } = setUpApi();
  const { url: initialUrl = PUBLIC_URL, resolve = deps.resolve } = options;
  const send = options.send ?? createSender({ allowLoopback: false, resolve });
  Object.assign(deps, { sendWebhook: send });
  const created = await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url: initialUrl } });
  const { id } = created.body as { id: string };
  const path = `/v1/webhooks/${id}`;
  const endpointOf = async () => {
    const endpoint = await getEndpoint(table, WORKSPACE_ID, id);
    if (!endpoint) throw new Error('The endpoint does not exist');
    return endpoint;
  };
  const store = (url: string) => {
    for (const row of rows('endpoint')) Object.assign(row, { url });
  };
  const deliverDeps: DeliverDeps = {
    ...deps,
    send,
    random: () => 0.5,
    randomBytes,
    onUnrecorded: (error) => {
      throw new Error('An attempt was not recorded', { cause: error });
    },
  };
  const run = (task: DeliveryTask) => deliverTask(deliverDeps, { task, execution: task.run });
  return {
    sendRequest,
    rows,
    state,
    store,
    run,
    endpointOf,
    create: (url: string): Promise<ApiResponse> =>
      sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url } }),
    patch: (url: string): Promise<ApiResponse> => sendRequest({ method: 'PATCH', path, body: { url } }),
    check: (url: string): Promise<ApiResponse> =>
      sendRequest({ method: 'POST', path: '/v1/webhooks/check', body: { url } }),
    sendTest: async () => (await sendRequest({ method: 'POST', path: `${path}/test` })).body.attempt,
    deliverEvent: async (event = anEvent()) => {
      await putRows(table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
      return run(aTask(event, await endpointOf()));
    },
    redeliver: async () => {
      const delivery = deliveryId(anEvent().event_id, id);
      const response = await sendRequest({ method: 'POST', path: `/v1/deliveries/${delivery}/redeliver` });
      expect(response.status).toBe(202);
      const [command] = rows('command');
      return run(command?.['task'] as DeliveryTask);
    },
  };
}
