import { VERSION } from '../core/version.ts';

/** The headers of one attempt. `x-ivymail-signature` has the value of `webhook-signature`, so one verifier checks both. */
export function webhookHeaders(message: {
  readonly webhookId: string;
  /** The time of this attempt. */
  readonly timestampSeconds: number;
  readonly signature: string;
  readonly attemptNumber: number;
  readonly body: string;
}): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(message.body)),
    // Requests an uncompressed response. The sender never decompresses a response, because a few compressed bytes could expand
    // without limit (a decompression bomb). The excerpt of a compressed response would be unreadable.
    'accept-encoding': 'identity',
    'user-agent': `ivymail-events/${VERSION}`,
    'webhook-id': message.webhookId,
    'webhook-timestamp': String(message.timestampSeconds),
    'webhook-signature': message.signature,
    'x-ivymail-signature': message.signature,
    'x-ivymail-attempt': String(message.attemptNumber),
  };
}
