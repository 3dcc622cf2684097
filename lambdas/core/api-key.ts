import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** admin implies the others. */
export const SCOPES = ['send', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const KEY_PATTERN = new RegExp(
  `^(ivy_(?:live|test)_[0-9A-Za-z]{${RANDOM_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);
/** The largest multiple of 62 in a byte: what is above would make the first characters likelier than the others. */
const FAIR_BYTES = 248;

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit += 1) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** `ivy_<live|test>_<30 base62><6 checksum>`: 178 bits of chance, and a checksum that tells a typing error without I/O. */
export function newApiKey(mode: 'live' | 'test', randomBytes: (size: number) => Uint8Array): string {
  let text = `ivy_${mode}_`;
  const wanted = text.length + RANDOM_LENGTH;
  while (text.length < wanted) {
    for (const byte of randomBytes(RANDOM_LENGTH)) {
      if (byte < FAIR_BYTES && text.length < wanted) text += BASE62[byte % 62];
    }
  }
  return text + checksum(text);
}

/** Whether a text has the form and the checksum of a key: nothing is looked up for one that has not. */
export function isWellFormedApiKey(text: string): boolean {
  const match = KEY_PATTERN.exec(text);
  return match?.[1] !== undefined && match[2] === checksum(match[1]);
}

/** What is stored and looked up: a random key needs no slow hash, and the key itself is nowhere. */
export function apiKeyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Enough to recognise a key by, in lists: `ivy_live_…a1B2c3`. */
export function apiKeyHint(key: string): string {
  return `${key.slice(0, 'ivy_live_'.length)}…${key.slice(-CHECKSUM_LENGTH)}`;
}
