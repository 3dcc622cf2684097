import { createCipheriv, createDecipheriv } from 'node:crypto';

/** The list that a cursor belongs to. A cursor is valid only for the same workspace, route and filters. */
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

/** The cursor is authenticated with this data, but does not contain it. So a cursor of another scope does not open. */
function authenticatedData({ workspaceId, route, filters }: CursorScope): Buffer {
  const sorted = Object.keys(filters)
    .toSorted()
    .map((name) => [name, filters[name]]);
  return Buffer.from(JSON.stringify([workspaceId, route, sorted]));
}

/**
 * Encodes a position in a list as an opaque text. It is encrypted, not only signed, so that no client depends on the format
 * of the table's keys. A cursor does not expire, because a position is a time and an id, which stay valid.
 */
export function sealCursor(
  position: CursorPosition,
  scope: CursorScope,
  secret: { readonly key: Uint8Array; readonly randomBytes: (size: number) => Uint8Array },
): string {
  const nonce = secret.randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret.key, nonce).setAAD(authenticatedData(scope));
  const sealed = Buffer.concat([
    cipher.update(JSON.stringify([position.direction, position.key])),
    cipher.final(),
  ]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

/** The position in a cursor. Undefined if the cursor was altered or belongs to another scope. */
export function openCursor(text: string, scope: CursorScope, key: Uint8Array): CursorPosition | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // The decoder ignores invalid characters. Encoding the bytes again shows whether the text had any.
  if (bytes.toString('base64url') !== text) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(-TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(authenticatedData(scope))
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
    // Too short, altered, or of another scope.
  }
  return undefined;
}
