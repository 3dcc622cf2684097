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
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: CURSOR_KEY, ConsistentRead: true }),
  );
  return answer.Item?.['sealed'] as Uint8Array | undefined;
}

/** Of two that make it at once the first wins, and both use that one. */
async function makeSealed(deps: CursorKeyDeps): Promise<Uint8Array> {
  const { CiphertextBlob: sealed } = await deps.kms.send(
    new EncryptCommand({
      KeyId: deps.keyArn,
      Plaintext: deps.randomBytes(KEY_BYTES),
      EncryptionContext: ENCRYPTION_CONTEXT,
    }),
  );
  if (!sealed) throw new InternalError('KMS sealed nothing');
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
  const winner = await readSealed(deps);
  if (!winner) throw new InternalError('The cursor key is neither there nor to be made');
  return winner;
}

/** The key of all cursors, kept sealed in the table: opened once for each warm worker. */
export function cursorKey(deps: CursorKeyDeps): () => Promise<Uint8Array> {
  let opened: Promise<Uint8Array> | undefined;

  async function open(): Promise<Uint8Array> {
    const sealed = (await readSealed(deps)) ?? (await makeSealed(deps));
    const { Plaintext: key } = await deps.kms.send(
      new DecryptCommand({ CiphertextBlob: sealed, EncryptionContext: ENCRYPTION_CONTEXT }),
    );
    if (!key) throw new InternalError('KMS opened nothing');
    return key;
  }

  return () => {
    opened ??= open().catch((error: unknown) => {
      // A fault must not be remembered as an answer.
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
