import { createHmac } from 'node:crypto';

/** The prefix of a symmetric secret in Standard Webhooks 1.0 (https://www.standardwebhooks.com). */
const SECRET_PREFIX = 'whsec_';
/** 24 bytes are 32 characters of base64 without padding. The standard allows 24 to 64 bytes. */
const NEW_SECRET_BYTES = 24;

/**
 * `v1,<base64 HMAC-SHA256(secret, id.timestamp.body)>`, one for each secret, separated by spaces. During the overlap of a
 * rotation, the old secret and the new secret both verify the request.
 */
export function signWebhook(message: {
  readonly webhookId: string;
  readonly timestampSeconds: number;
  readonly body: string;
  readonly secrets: readonly Uint8Array[];
}): string {
  const content = `${message.webhookId}.${message.timestampSeconds}.${message.body}`;
  return message.secrets
    .map((secret) => `v1,${createHmac('sha256', secret).update(content).digest('base64')}`)
    .join(' ');
}

export function newSecret(randomBytes: (size: number) => Uint8Array): Uint8Array {
  return randomBytes(NEW_SECRET_BYTES);
}

export function secretText(secret: Uint8Array): string {
  return SECRET_PREFIX + Buffer.from(secret).toString('base64');
}
