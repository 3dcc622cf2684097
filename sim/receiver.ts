/** The servers that webhooks go to, and what they keep of them. */
import { createHmac } from 'node:crypto';
import type { WebhookRequest } from '../lambdas/delivery/send.ts';
import type { ErrorClass } from '../lambdas/core/deliveries.ts';

export interface ReceiverResponse {
  readonly status?: number | undefined;
  readonly error?: ErrorClass;
  /** How long it takes. */
  readonly afterMs: number;
}

/** How a receiver behaves at a time; what it says is 200 where it says nothing else. */
export type ReceiverBehavior = (nowMs: number) => Partial<ReceiverResponse>;

/** What has come of one event. */
export interface ReceivedEvent {
  readonly firstMs: number;
  requests: number;
  /** Requests that were answered by a 2xx which was sent, whether or not it arrived. */
  accepted: number;
}

export class SimulatedReceiver {
  readonly receivedByEvent = new Map<string, ReceivedEvent>();
  /** Requests whose signature is not that of the secret. */
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
    const answer: ReceiverResponse = { afterMs: 20, status: 200, ...this.behavior(nowMs) };
    const received = this.receivedByEvent.get(id) ?? { firstMs: nowMs, requests: 0, accepted: 0 };
    received.requests += 1;
    if (answer.status !== undefined && answer.status < 300) received.accepted += 1;
    this.receivedByEvent.set(id, received);
    return answer;
  }
}
