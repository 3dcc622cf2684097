import { randomBytes } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { cursorKey } from '../../lambdas/store/cursor-key.ts';
import { simulatedKms } from '../../sim/kms.ts';
import { simulatedTable } from '../../sim/table.ts';

describe('the key of cursors', () => {
  it('is made once, and opened once for each worker', async () => {
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

  it('is one when two workers make it at once', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const worker = () => cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes })();
    const [first, second] = await Promise.all([worker(), worker()]);
    expect(first).toEqual(second);
  });

  it('is asked for again after a fault', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const key = cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes });
    kms.failNext(new Error('throttled'));
    await expect(key()).rejects.toThrow('throttled');
    expect(await key()).toHaveLength(32);
  });

  it('is read consistently: a worker must not miss the key that another worker has just stored', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    const consistent: unknown[] = [];
    table.before = (command, input) => {
      if (command === 'GetCommand') consistent.push(input['ConsistentRead']);
    };
    await cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes })();
    expect(consistent).toEqual([true]);
  });

  it('is sealed for cursors only: KMS opens it with no other encryption context', async () => {
    const [table, kms] = [simulatedTable(), simulatedKms()];
    await cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes })();
    const [row] = table.rows.values();
    const sealed = row?.['sealed'] as Uint8Array;
    const open = (EncryptionContext: Record<string, string>) =>
      kms.client.send(new DecryptCommand({ CiphertextBlob: sealed, EncryptionContext }));
    await expect(open({ purpose: 'cursor' })).resolves.toHaveProperty('Plaintext');
    await expect(open({})).rejects.toThrow('context');
  });

  it('is an internal error where KMS returns nothing', async () => {
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

  it('reports a fault of the write, and a key that was removed right after another worker stored it', async () => {
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
