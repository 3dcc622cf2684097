import type { DeliverableEvent } from '../core/deliverable-events.ts';
import type { Endpoint } from '../core/endpoints.ts';
import { webhookHeaders } from './headers.ts';
import { webhookPayload } from './payload.ts';
import { liveSecrets, type SecretOpener } from './secrets.ts';
import type { WebhookRequest } from './send.ts';
import { signWebhook } from './sign.ts';

/** Signs the request of one attempt with every live secret. Rejects with an InternalError if KMS fails. */
export async function signedRequest(attempt: {
  readonly event: DeliverableEvent;
  readonly endpoint: Endpoint;
  readonly attemptNumber: number;
  readonly nowMs: number;
  readonly secrets: SecretOpener;
}): Promise<WebhookRequest> {
  const { event, endpoint, nowMs } = attempt;
  const body = webhookPayload(event);
  const secrets = await Promise.all(
    liveSecrets(endpoint, nowMs).map((secret) => attempt.secrets.open(endpoint, secret)),
  );
  const timestampSeconds = Math.floor(nowMs / 1000);
  const webhookId = event.event_id;
  const signature = signWebhook({ webhookId, timestampSeconds, body, secrets });
  const headers = webhookHeaders({
    webhookId,
    timestampSeconds,
    signature,
    attemptNumber: attempt.attemptNumber,
    body,
  });
  return { url: endpoint.url, headers, body };
}
