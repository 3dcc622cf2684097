import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `admin` includes the other scopes. */
export const SCOPES = ['send', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const KEY_PATTERN = new RegExp(
  `^(ivy_(?:live|test)_[0-9A-Za-z]{${RANDOM_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);
/** 248 is 4 × 62. Bytes from 248 on are discarded, because they would make some characters more likely. */
const UNBIASED_BYTES = 248;

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit += 1) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** `ivy_<live|test>_<30 base62><6 checksum>`: 178 random bits, and a checksum that detects typing errors without I/O. */
export function newApiKey(mode: 'live' | 'test', randomBytes: (size: number) => Uint8Array): string {
  let text = `ivy_${mode}_`;
  const targetLength = text.length + RANDOM_LENGTH;
  while (text.length < targetLength) {
    for (const byte of randomBytes(RANDOM_LENGTH)) {
      if (byte < UNBIASED_BYTES && text.length < targetLength) text += BASE62[byte % 62];
    }
  }
  return text + checksum(text);
}

/** Whether a text has the form and the checksum of a key. Any other text is refused without a lookup. */
export function isWellFormedApiKey(text: string): boolean {
  const match = KEY_PATTERN.exec(text);
  return match?.[1] !== undefined && match[2] === checksum(match[1]);
}

/** The hash by which a key is stored and looked up. The key itself is never stored. A random key needs no slow hash. */
export function apiKeyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The part of a key by which a person recognizes it in a list: `ivy_live_…a1B2c3`. */
export function apiKeyHint(key: string): string {
  return `${key.slice(0, 'ivy_live_'.length)}…${key.slice(-CHECKSUM_LENGTH)}`;
}
