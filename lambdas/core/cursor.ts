import { createCipheriv, createDecipheriv } from 'node:crypto';

/** What a cursor is good for: a page of the same list of the same workspace, and of no other. */
export interface CursorScope {
  readonly workspaceId: string;
  readonly route: string;
  /** Without `limit` and `cursor`. */
  readonly filters: Readonly<Record<string, string>>;
}

export interface CursorPosition {
  readonly key: string;
  readonly direction: 'next' | 'prev';
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** Bound to the cursor without being in it: one of another scope does not open. */
function binding({ workspaceId, route, filters }: CursorScope): Buffer {
  const sorted = Object.keys(filters)
    .toSorted()
    .map((name) => [name, filters[name]]);
  return Buffer.from(JSON.stringify([workspaceId, route, sorted]));
}

/**
 * An opaque text for a position in a list. Sealed rather than signed, so that nobody builds on what a key of the table
 * looks like. It does not expire: the position is a time and an id, and as good tomorrow.
 */
export function sealCursor(
  position: CursorPosition,
  scope: CursorScope,
  secret: { readonly key: Uint8Array; readonly randomBytes: (size: number) => Uint8Array },
): string {
  const nonce = secret.randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret.key, nonce).setAAD(binding(scope));
  const sealed = Buffer.concat([
    cipher.update(JSON.stringify([position.direction, position.key])),
    cipher.final(),
  ]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** The position in a cursor; undefined for one that was touched, or made for another scope. */
export function openCursor(text: string, scope: CursorScope, key: Uint8Array): CursorPosition | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // Read back, so that a text with characters the decoder passes over is not another spelling of the same cursor.
  if (bytes.toString('base64url') !== text) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(-TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(binding(scope))
      .setAuthTag(tag);
    const opened = Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]);
    const [direction, positionKey] = JSON.parse(opened.toString('utf8')) as [
      CursorPosition['direction'],
      string,
    ];
    return { key: positionKey, direction };
  } catch {
    // Too short, touched, or of another scope.
  }
  return undefined;
}
