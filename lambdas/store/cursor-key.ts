import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { InternalError } from '../core/errors.ts';
import { CURSOR_KEY, KIND } from './keys.ts';
import type { Table } from './table.ts';

const KEY_BYTES = 32;
const ENCRYPTION_CONTEXT = { purpose: 'cursor' };

export interface CursorKeyDeps {
  readonly table: Table;
  readonly kms: KMSClient;
  readonly keyArn: string;
  readonly randomBytes: (size: number) => Uint8Array;
}

async function readSealed({ table }: CursorKeyDeps): Promise<Uint8Array | undefined> {
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: CURSOR_KEY, ConsistentRead: true }),
  );
  return response.Item?.['sealed'] as Uint8Array | undefined;
}

/** Creates the key. If two workers create it at the same time, the first write wins, and both use that key. */
async function createSealed(deps: CursorKeyDeps): Promise<Uint8Array> {
  const { CiphertextBlob: sealed } = await deps.kms.send(
    new EncryptCommand({
      KeyId: deps.keyArn,
      Plaintext: deps.randomBytes(KEY_BYTES),
      EncryptionContext: ENCRYPTION_CONTEXT,
    }),
  );
  if (!sealed) throw new InternalError('KMS returned no encrypted cursor key');
  try {
    await deps.table.client.send(
      new PutCommand({
        TableName: deps.table.name,
        Item: { ...CURSOR_KEY, kind: KIND.cursorKey, sealed },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return sealed;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
  const stored = await readSealed(deps);
  if (!stored) throw new InternalError('The cursor key cannot be read or created');
  return stored;
}

/** The key that encrypts all cursors. The table stores it encrypted. Each worker decrypts it once. */
export function cursorKey(deps: CursorKeyDeps): () => Promise<Uint8Array> {
  let cachedKey: Promise<Uint8Array> | undefined;

  async function decrypt(): Promise<Uint8Array> {
    const sealed = (await readSealed(deps)) ?? (await createSealed(deps));
    const { Plaintext: key } = await deps.kms.send(
      new DecryptCommand({ CiphertextBlob: sealed, EncryptionContext: ENCRYPTION_CONTEXT }),
    );
    if (!key) throw new InternalError('KMS returned no decrypted cursor key');
    return key;
  }

  return () => {
    cachedKey ??= decrypt().catch((error: unknown) => {
      // Do not cache an error. Otherwise this worker could never read the key.
      cachedKey = undefined;
      throw error;
    });
    return cachedKey;
  };
}
