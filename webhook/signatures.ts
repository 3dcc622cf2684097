const WRONG_SECRET = 'Pass the secret of the endpoint, which begins with whsec_, or a list of secrets.';
const MIN_SECRET_BYTES = 24;
/** A rotation sends two signatures. The limit bounds the work that a forged request with a long header causes. */
const MAX_SIGNATURES = 16;
/** `v1,` and the base64 of 32 bytes. The last character before the padding has two unused bits, which must be zero. */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The bytes of a secret such as `whsec_…`. Throws a TypeError if the text cannot be a secret. The error does not contain the text. */
function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  try {
    const bytes = fromBase64(secret.replace('whsec_', ''));
    if (bytes.length >= MIN_SECRET_BYTES) return bytes;
  } catch {
    // The secret is not text, or not base64.
  }
  throw new TypeError(WRONG_SECRET);
}

/** The bytes of one secret or of several. Throws a TypeError if one of them is not a secret, or if the list is empty. */
export function readSecrets(secret: string | readonly string[]): readonly Uint8Array<ArrayBuffer>[] {
  const keys = [secret].flat().map(secretBytes);
  if (keys.length > 0) return keys;
  throw new TypeError(WRONG_SECRET);
}

/** True if one of the signatures in the header is the HMAC-SHA256 of `content` with one of the secrets. */
export async function isSigned(
  content: Uint8Array<ArrayBuffer>,
  header: string,
  secrets: readonly Uint8Array<ArrayBuffer>[],
): Promise<boolean> {
  const signatures = header
    .split(' ')
    .flatMap((text) => SIGNATURE.exec(text)?.[1] ?? [])
    .slice(0, MAX_SIGNATURES)
    .map(fromBase64);
  const { subtle } = crypto;
  for (const secret of secrets) {
    const key = await subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    // `subtle.verify` compares in constant time.
    for (const signature of signatures) if (await subtle.verify('HMAC', key, signature, content)) return true;
  }
  return false;
}
