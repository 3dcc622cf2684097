import { createHash } from 'node:crypto';

export { DEFAULT_WORKSPACE_ID } from './default-workspace.ts';

export type IdPrefix = 'ws' | 'key' | 'evt' | 'ep' | 'dlv' | 'rcv' | 'qtn' | 'req' | 'ivm' | 'rpt';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
/** 26 base32 characters of 5 bits contain 130 bits, from the first 17 bytes of a hash or of random bytes. */
const BODY_LENGTH = 26;
const BODY_BYTES = 17;

/** Lower-case RFC 4648 base32 without padding, truncated to 26 characters. */
function encodeBody(bytes: Uint8Array): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes.subarray(0, BODY_BYTES)) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return text.slice(0, BODY_LENGTH);
}

/** A new random id. Tests pass their own `randomBytes` to get fixed ids. */
export function randomId(prefix: IdPrefix, randomBytes: (size: number) => Uint8Array): string {
  return `${prefix}_${encodeBody(randomBytes(BODY_BYTES))}`;
}

/**
 * An id that is always the same for the same parts. The parts are joined as JSON, so that ('a', 'bc') and ('ab', 'c') give
 * different ids.
 */
export function deterministicId(prefix: IdPrefix, parts: readonly string[]): string {
  return `${prefix}_${encodeBody(createHash('sha256').update(JSON.stringify(parts)).digest())}`;
}

/**
 * The id of the Delivery of one event to one endpoint. The id is computed from the ids of the event and the endpoint. So if
 * dispatch processes an event twice, it starts the same Delivery twice, not two deliveries.
 */
export function deliveryId(eventId: string, endpointId: string): string {
  return deterministicId('dlv', [eventId, endpointId]);
}

const ID_PATTERN = /^(ws|key|evt|ep|dlv|rcv|qtn|req|ivm|rpt)_[a-z2-7]{26}$/;

export function isId(prefix: IdPrefix, value: string): boolean {
  return ID_PATTERN.test(value) && value.startsWith(`${prefix}_`);
}
