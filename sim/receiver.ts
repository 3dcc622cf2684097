/** The customers' servers that receive webhooks, and a record of what they received. */
import { createHmac } from 'node:crypto';
import type { WebhookRequest } from '../lambdas/delivery/send.ts';
import type { ErrorClass } from '../lambdas/core/deliveries.ts';

export interface ReceiverResponse {
  readonly status?: number | undefined;
  readonly error?: ErrorClass;
  /** The time until the response. */
  readonly afterMs: number;
  /** The first characters of the body. */
  readonly excerpt?: string;
}

/** The response of a receiver at a given time. Absent fields have their defaults: status 200 after 20 ms. */
export type ReceiverBehavior = (nowMs: number) => Partial<ReceiverResponse>;

/** The requests for one event. */
export interface ReceivedEvent {
  readonly firstMs: number;
  requests: number;
  /** Requests to which the receiver responded with 2xx, even if the response was lost on its way. */
  accepted: number;
}

export class SimulatedReceiver {
  readonly receivedByEvent = new Map<string, ReceivedEvent>();
  /** Requests whose signature was not made with the secret. */
  invalidSignatures = 0;

  constructor(
    readonly url: string,
    readonly secret: Uint8Array,
    public behavior: ReceiverBehavior,
  ) {}

  receive(request: WebhookRequest, nowMs: number): ReceiverResponse {
    const id = request.headers['webhook-id'] ?? '';
    const timestamp = request.headers['webhook-timestamp'] ?? '';
    const hmac = createHmac('sha256', this.secret).update(`${id}.${timestamp}.${request.body}`);
    if (request.headers['x-ivymail-signature'] !== `v1,${hmac.digest('base64')}`) this.invalidSignatures += 1;
    const response: ReceiverResponse = { afterMs: 20, status: 200, ...this.behavior(nowMs) };
    const received = this.receivedByEvent.get(id) ?? { firstMs: nowMs, requests: 0, accepted: 0 };
    received.requests += 1;
    if (response.status !== undefined && response.status < 300) received.accepted += 1;
    this.receivedByEvent.set(id, received);
    return response;
  }
}
