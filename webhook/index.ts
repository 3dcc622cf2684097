/** `ivymail-events/webhook`: verifies the webhooks of IvyMail Events, with Web Crypto only. */
import { WebhookVerificationError, type WebhookVerificationErrorCode } from './errors.ts';
import type { WebhookEvent } from './events.ts';
import { readHeaders, type WebhookHeaders } from './headers.ts';
import { isSigned, readSecrets } from './signatures.ts';

export type * from './events.ts';
export { WebhookVerificationError, type WebhookHeaders, type WebhookVerificationErrorCode };

export interface VerifyWebhookOptions {
  /** The clock, in milliseconds since 1970. Default: `Date.now`. A stored webhook is verified at the time at which it arrived. */
  readonly now?: () => number;
}

const TOLERANCE_SECONDS = 300;

/** The bytes of a body as it arrived. Throws a TypeError for any other value, such as parsed JSON or a promise. */
function bytesOf(body: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  // Not `instanceof`: a test runner such as Jest has a second ArrayBuffer.
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]') return new Uint8Array(body);
  throw new TypeError(
    'Pass the body as it arrived: a string, Uint8Array or ArrayBuffer, and not parsed JSON or a promise.',
  );
}

function parseEvent(text: string): WebhookEvent | undefined {
  try {
    const value = JSON.parse(text) as WebhookEvent;
    if (typeof value.event === 'string') return value;
  } catch {
    // The text is not JSON, or null.
  }
  return undefined;
}

/**
 * Verifies a webhook and returns its event.
 *
 * Rejects with a `WebhookVerificationError` if the request is not genuine: respond with 401. Rejects with a `TypeError` if an argument is
 * wrong, for example if the body is parsed JSON or the secret is undefined: correct the code or the configuration.
 *
 * @param secret The secret of the endpoint, `whsec_…`. During a rotation, or if one URL receives several endpoints: a list of secrets.
 * @param headers All headers of the request.
 * @param body The body as it arrived, before any JSON parser.
 */
export async function verifyWebhook(
  secret: string | readonly string[],
  headers: WebhookHeaders,
  body: string | Uint8Array | ArrayBuffer,
  options: VerifyWebhookOptions = {},
): Promise<WebhookEvent> {
  const secrets = readSecrets(secret);
  const bytes = bytesOf(body);
  const received = readHeaders(headers);
  const header = (name: string, sameHeader = name): string => {
    const value = received.get(name) || received.get(sameHeader);
    if (value) return value;
    throw new WebhookVerificationError(
      'header_missing',
      `The request has no header ${name}. Check that your proxy passes all headers.`,
    );
  };
  const [id, timestamp] = [header('webhook-id'), header('webhook-timestamp')];
  const signatures = header('webhook-signature', 'x-ivymail-signature');

  // Without a dot in the id and in the timestamp, the signed text can be split in only one way.
  if (!/^\w+$/.test(id))
    throw new WebhookVerificationError('id_malformed', 'The header webhook-id is malformed.');
  if (!/^\d{10}$/.test(timestamp))
    throw new WebhookVerificationError('timestamp_malformed', 'The header webhook-timestamp is malformed.');
  const { now = Date.now } = options;
  const age = Math.floor(now() / 1000) - Number(timestamp);
  if (age > TOLERANCE_SECONDS)
    throw new WebhookVerificationError(
      'timestamp_too_old',
      `The webhook was signed ${age} seconds ago. Check the clock of this server.`,
    );
  if (age < -TOLERANCE_SECONDS)
    throw new WebhookVerificationError(
      'timestamp_too_new',
      `The webhook was signed ${-age} seconds ahead. Check the clock of this server.`,
    );

  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + bytes.length);
  content.set(head);
  content.set(bytes, head.length);
  if (!(await isSigned(content, signatures, secrets)))
    throw new WebhookVerificationError(
      'no_matching_signature',
      'No signature matches. Check that the secret is that of the endpoint, and that the body is unchanged.',
    );

  const event = parseEvent(new TextDecoder().decode(bytes));
  if (event) return event;
  throw new WebhookVerificationError(
    'body_not_event',
    'The signed body is not an event. Check which other sender uses this secret.',
  );
}
