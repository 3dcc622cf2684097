import { randomBytes } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { cursorKey } from '../../lambdas/store/cursor-key.ts';
import { simulatedKms } from '../../sim/kms.ts';
import { simulatedTable } from '../../sim/table.ts';

describe('the cursor key', () => {
  it('is created once, and decrypted once by each worker', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const worker = () => cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes });
    const [first, second] = [worker(), worker()];
    const key = await first();
    expect(key).toHaveLength(32);
    expect(await first()).toEqual(key);
    expect(await second()).toEqual(key);
    expect(kms.calls()).toEqual(['EncryptCommand', 'DecryptCommand', 'DecryptCommand']);
    expect(JSON.stringify([...table.rows])).not.toContain(Buffer.from(key).toString('hex'));
  });

  it('is the same for two workers that create it at the same time', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const worker = () => cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes })();
    const [first, second] = await Promise.all([worker(), worker()]);
    expect(first).toEqual(second);
  });

  it('is read again after an error', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const key = cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes });
    kms.failNext(new Error('throttled'));
    await expect(key()).rejects.toThrow('throttled');
    expect(await key()).toHaveLength(32);
  });

  it('is read consistently, so that a worker does not miss a key that another worker has just stored', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const consistent: unknown[] = [];
    table.before = (command, input) => {
      if (command === 'GetCommand') consistent.push(input['ConsistentRead']);
    };
    await cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes })();
    expect(consistent).toEqual([true]);
  });

  it('is encrypted for cursors only, so KMS refuses another encryption context', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    await cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes })();
    const [row] = table.rows.values();
    const sealed = row?.['sealed'] as Uint8Array;
    const decrypt = (EncryptionContext: Record<string, string>) =>
      kms.client.send(new DecryptCommand({ CiphertextBlob: sealed, EncryptionContext }));
    await expect(decrypt({ purpose: 'cursor' })).resolves.toHaveProperty('Plaintext');
    await expect(decrypt({})).rejects.toThrow('context');
  });

  it('cannot be created or read if KMS returns nothing, which is an internal error', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const key = cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes });
    kms.returnNothingNext();
    await expect(key()).rejects.toThrow('KMS returned no encrypted cursor key');
    expect(table.rows.size).toBe(0);
    await key();
    kms.returnNothingNext();
    const later = cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes });
    await expect(later()).rejects.toThrow('KMS returned no decrypted cursor key');
  });

  it('throws if the write fails, or if the stored key of another worker cannot be read', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const key = cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes });
    table.before = (command) => {
      if (command === 'PutCommand') throw new Error('Slow down');
    };
    await expect(key()).rejects.toThrow('Slow down');
    table.before = (command) => {
      if (command === 'PutCommand')
        throw new ConditionalCheckFailedException({
          message: 'The conditional request failed',
          $metadata: {},
        });
    };
    await expect(key()).rejects.toThrow('The cursor key cannot be read or created');
  });
});
