import type { Vector } from '../verify/vector.ts';

/**
 * What `verifyWebhook` returns for a vector: the event, the code of its error, or `TypeError`. Many valid vectors have a body that
 * is not an event. Their signature is accepted, and then their body is refused.
 */
export function expectedOf({ reason, body = '' }: Vector): unknown {
  // A secret that is too short is an error of the receiver.
  if (reason) return reason === 'secret_too_short' ? 'TypeError' : reason;
  try {
    const value = JSON.parse(body) as { readonly event?: unknown };
    return typeof value.event === 'string' ? value : 'body_not_event';
  } catch {
    return 'body_not_event';
  }
}
