import { VERSION } from '../core/version.ts';

/** Headers of one attempt. `x-ivymail-signature` is `webhook-signature` under our own name: one verifier serves both. */
export function webhookHeaders(message: {
  readonly webhookId: string;
  /** Of this attempt. */
  readonly timestampSeconds: number;
  readonly signature: string;
  readonly attemptNumber: number;
  readonly body: string;
}): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(message.body)),
    // A compressed answer could be a bomb, and nothing of it would be kept.
    'accept-encoding': 'identity',
    'user-agent': `ivymail-events/${VERSION}`,
    'webhook-id': message.webhookId,
    'webhook-timestamp': String(message.timestampSeconds),
    'webhook-signature': message.signature,
    'x-ivymail-signature': message.signature,
    'x-ivymail-attempt': String(message.attemptNumber),
  };
}
