/** Builds the vectors of docs/verify/vectors.json, independently of the product's code. */
import { createHash } from 'node:crypto';

export type Headers = Readonly<
  Partial<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature' | 'x-ivymail-signature', string>>
>;

/** Why a verifier must refuse a request. */
export type Reason =
  | 'header_missing'
  | 'id_malformed'
  | 'timestamp_malformed'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'secret_too_short'
  | 'no_matching_signature';

export interface Vector {
  readonly name: string;
  /** The secret of the receiver. */
  readonly secret: string;
  /** Set if the header contains exactly the signatures of these secrets, in this order. */
  readonly signed_with?: readonly string[];
  /** The receiver's clock, in seconds since 1970. */
  readonly now: number;
  readonly headers: Headers;
  /** The body as text. Absent if the body is not valid UTF-8. */
  readonly body?: string;
  readonly body_base64: string;
  readonly valid: boolean;
  readonly reason?: Reason;
}

export interface SignedRequest {
  readonly id: string;
  readonly timestamp: string;
  readonly body: string;
  readonly secrets: readonly Uint8Array[];
}

export const NOW = 1_795_406_143;

/** The bytes of a secret, derived from a name. The names are seeds: another name would change the published vectors. */
export function secretNamed(name: string, size = 24): Buffer {
  const half = (part: string): Buffer => createHash('sha256').update(`${part} of ${name}`).digest();
  return Buffer.concat([half('first'), half('second')]).subarray(0, size);
}

export const CURRENT = secretNamed('the current secret');
export const PREVIOUS = secretNamed('the one before it');
export const OLDEST = secretNamed('the one before that');

export const PLAIN: SignedRequest = {
  id: 'evt_kq7zq5h3m2x4c6v7b2n3m4a5s6',
  timestamp: String(NOW),
  body: '{"event":"bounced","event_id":"evt_kq7zq5h3m2x4c6v7b2n3m4a5s6","to":"ann@example.com","subject":"Grüße"}',
  secrets: [CURRENT],
};

export function whsec(secret: Uint8Array): string {
  return `whsec_${Buffer.from(secret).toString('base64')}`;
}

/** HMAC as defined in RFC 2104, for keys of at most one block. */
export function hmac(
  key: Uint8Array,
  message: string,
  { hash = 'sha256', block = 64 }: { readonly hash?: string; readonly block?: number } = {},
): Buffer {
  const padded = (byte: number): Uint8Array =>
    Uint8Array.from({ length: block }, (_, index) => (key[index] ?? 0) ^ byte);
  const inner = createHash(hash).update(padded(0x36)).update(message, 'utf8').digest();
  return createHash(hash).update(padded(0x5c)).update(inner).digest();
}

export function contentOf({ id, timestamp, body }: Omit<SignedRequest, 'secrets'>): string {
  return `${id}.${timestamp}.${body}`;
}

export function signatureOf(signed: SignedRequest): string {
  const content = contentOf(signed);
  return signed.secrets.map((secret) => `v1,${hmac(secret, content).toString('base64')}`).join(' ');
}

/** The parts of a received request that differ from the signed request. A header of null is missing. */
export interface ReceivedRequest {
  readonly id?: string | null;
  readonly timestamp?: string | null;
  readonly signature?: string | null | ((signature: string) => string);
  readonly body?: string | Uint8Array;
  readonly secret?: string;
  readonly now?: number;
}

function headersOf(entries: Readonly<Record<string, string | null>>): Headers {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== null));
}

function isText(bytes: Uint8Array): boolean {
  return Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8').equals(bytes);
}

export function vector(
  name: string,
  changes: Partial<SignedRequest>,
  received: ReceivedRequest,
  expected: { readonly valid: true } | { readonly valid: false; readonly reason: Reason },
): Vector {
  const signed = { ...PLAIN, ...changes };
  const validSignature = signatureOf(signed);
  const { id = signed.id, timestamp = signed.timestamp, signature: change = validSignature } = received;
  const signature = typeof change === 'function' ? change(validSignature) : change;
  const body = Buffer.from(received.body ?? signed.body);
  return {
    name,
    secret: received.secret ?? whsec(signed.secrets[0] ?? CURRENT),
    ...(expected.valid && signature === validSignature ? { signed_with: signed.secrets.map(whsec) } : {}),
    now: received.now ?? NOW,
    headers: headersOf({
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
      'x-ivymail-signature': signature,
    }),
    ...(isText(body) ? { body: body.toString('utf8') } : {}),
    body_base64: body.toString('base64'),
    ...expected,
  };
}
