import { describe, expect, it } from 'vitest';
import { createGate } from '../../local/gate.ts';

describe('a gate', () => {
  it('starts the next piece of work when one ends, in the order of their arrival', async () => {
    const gate = createGate(2);
    const started: string[] = [];
    const pieces = new Map<string, PromiseWithResolvers<void>>();
    const results = ['a', 'b', 'c', 'd'].map((name) =>
      gate(async () => {
        started.push(name);
        const piece = Promise.withResolvers<void>();
        pieces.set(name, piece);
        await piece.promise;
        return name;
      }),
    );
    expect(started).toEqual(['a', 'b']);
    pieces.get('b')?.resolve();
    await results[1];
    expect(started).toEqual(['a', 'b', 'c']);
    pieces.get('a')?.resolve();
    await results[0];
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    for (const name of ['c', 'd']) pieces.get(name)?.resolve();
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets the next piece start if one fails, and passes the error on', async () => {
    const gate = createGate(1);
    const failed = gate(() => Promise.reject(new Error('broken')));
    const next = gate(() => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe('done');
    expect(await gate(() => Promise.resolve('again'))).toBe('again');
  });
});
