import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cursorKey } from '../../lambdas/store/cursor-key.ts';
import { fakeKms } from '../fakes/kms.ts';
import { memoryTable } from '../fakes/memory-table.ts';

describe('the key of cursors', () => {
  it('is made once, and opened once for each worker', async () => {
    const [table, kms] = [memoryTable(), fakeKms()];
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
    const [table, kms] = [memoryTable(), fakeKms()];
    const worker = () => cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes })();
    const [first, second] = await Promise.all([worker(), worker()]);
    expect(first).toEqual(second);
  });

  it('is asked for again after a fault', async () => {
    const [table, kms] = [memoryTable(), fakeKms()];
    const key = cursorKey({ table, kms: kms.client, keyArn: 'key', randomBytes });
    kms.failNext(new Error('throttled'));
    await expect(key()).rejects.toThrow('throttled');
    expect(await key()).toHaveLength(32);
  });
});
