import { describe, expect, it } from 'vitest';
import { suppressionKey, suppressionPartition } from '../../lambdas/store/keys.ts';
import type { Position } from '../../lambdas/store/pages.ts';
import { listByAddress } from '../../lambdas/store/list-suppressions.ts';
import {
  addSuppression,
  findSuppression,
  findSuppressions,
  removeSuppression,
  suppressRecipient,
  type Suppression,
} from '../../lambdas/store/suppressions.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const OTHER_WORKSPACE = `ws_${'b'.repeat(26)}`;

function aSuppression(changes: Partial<Suppression> = {}): Suppression {
  return {
    workspace_id: WORKSPACE_ID,
    address: 'ann@example.com',
    reason: 'manual',
    created_at: '2026-02-25T12:00:00Z',
    ...changes,
  };
}

async function tableOf(...addresses: readonly string[]): Promise<SimulatedTable> {
  const table = simulatedTable();
  await Promise.all(addresses.map((address) => addSuppression(table, aSuppression({ address }))));
  return table;
}

describe('a suppression', () => {
  it('is found in any case, and keeps the original case', async () => {
    const table = await tableOf('Ann.Lee@Example.COM');
    const suppression = aSuppression({ address: 'Ann.Lee@Example.COM' });
    for (const address of ['ann.lee@example.com', 'ANN.LEE@EXAMPLE.COM', 'Ann.Lee@Example.COM']) {
      expect(await findSuppression(table, WORKSPACE_ID, address)).toEqual(suppression);
    }
  });

  it('of an address with a plus tag does not apply to the address without it, and vice versa', async () => {
    const tagged = await tableOf('ann+news@example.com');
    expect(await findSuppression(tagged, WORKSPACE_ID, 'ann@example.com')).toBeUndefined();
    expect(await findSuppression(tagged, WORKSPACE_ID, 'ANN+News@example.com')).toBeDefined();
    const plain = await tableOf('ann@example.com');
    expect(await findSuppression(plain, WORKSPACE_ID, 'ann+news@example.com')).toBeUndefined();
  });

  it('applies only to its own workspace', async () => {
    const table = await tableOf('ann@example.com');
    expect(await findSuppression(table, OTHER_WORKSPACE, 'ann@example.com')).toBeUndefined();
    expect((await listByAddress(table, { workspaceId: OTHER_WORKSPACE, limit: 10 })).items).toEqual([]);
  });

  it('keeps its first reason, and adding it again returns the first suppression', async () => {
    const table = simulatedTable();
    const first = aSuppression({ reason: 'complaint', event_id: `evt_${'a'.repeat(26)}` });
    expect(await addSuppression(table, first)).toEqual(first);
    // A new suppression is not read back.
    expect(table.calls).toEqual(['GetCommand', 'TransactWriteCommand']);
    const again = aSuppression({ address: 'ANN@example.com', created_at: '2026-03-01T00:00:00Z' });
    expect(await addSuppression(table, again)).toEqual(first);
    expect(await findSuppression(table, WORKSPACE_ID, 'ann@example.com')).toEqual(first);
    // The suppression and its time row.
    expect(table.rows.size).toBe(2);
  });

  it('is not written again when its address bounces again', async () => {
    const table = await tableOf('gone@example.com');
    table.calls.length = 0;
    const event = anEvent({ event: 'bounced', to: 'Gone@example.com' });
    await suppressRecipient(table, event, 'bounce');
    expect(table.calls).toEqual(['GetCommand']);
  });

  it('that another write adds after the read stays unchanged', async () => {
    const table = simulatedTable();
    const other = aSuppression({ reason: 'complaint' });
    table.before = (command) => {
      if (command !== 'TransactWriteCommand') return;
      const { workspace_id: _workspaceId, ...row } = other;
      const key = suppressionKey(WORKSPACE_ID, other.address);
      table.rows.set(`${key.pk}\n${key.sk}`, { ...key, kind: 'suppression', ...row });
    };
    expect(await addSuppression(table, aSuppression())).toEqual(other);
  });

  it('throws if the write fails', async () => {
    const table = simulatedTable();
    table.before = (command) => {
      if (command !== 'TransactWriteCommand') return;
      throw Object.assign(new Error('Slow down'), { name: 'ThrottlingException' });
    };
    await expect(addSuppression(table, aSuppression())).rejects.toThrow('Slow down');
  });
});

describe('removeSuppression', () => {
  it('removes the address, and returns whether the list contained it', async () => {
    const table = await tableOf('ann@example.com', 'ben@example.com');
    expect(await removeSuppression(table, WORKSPACE_ID, 'ANN@example.com')).toBe(true);
    expect(await removeSuppression(table, WORKSPACE_ID, 'ann@example.com')).toBe(false);
    expect(await findSuppression(table, WORKSPACE_ID, 'ann@example.com')).toBeUndefined();
    expect(await findSuppression(table, WORKSPACE_ID, 'ben@example.com')).toBeDefined();
  });

  it('throws if the suppression is replaced again and again', async () => {
    const table = await tableOf('ann@example.com');
    let second = 0;
    table.before = (command) => {
      if (command !== 'TransactWriteCommand') return;
      second += 1;
      for (const [key, row] of table.rows)
        if (row['kind'] === 'suppression')
          table.rows.set(key, { ...row, created_at: `2026-03-01T00:00:0${second}Z` });
    };
    await expect(removeSuppression(table, WORKSPACE_ID, 'ann@example.com')).rejects.toThrow('every try');
    expect(second).toBe(5);
  });

  it('leaves no time row behind', async () => {
    const table = await tableOf('ann@example.com');
    expect([...table.rows.values()].map(({ kind }) => kind)).toEqual(['suppression', 'suppression_time']);
    await removeSuppression(table, WORKSPACE_ID, 'ann@example.com');
    expect(table.rows.size).toBe(0);
  });

  it('affects the next read, because suppressions are read consistently', async () => {
    const table = simulatedTable();
    const consistent: unknown[] = [];
    table.before = (_command, input) => consistent.push(input['ConsistentRead']);
    await findSuppression(table, WORKSPACE_ID, 'ann@example.com');
    expect(consistent).toEqual([true]);
  });
});

describe('suppressRecipient', () => {
  it('adds the recipient of an event to the list, with the event and its time', async () => {
    const table = simulatedTable();
    const event = anEvent({ to: 'Gone@example.com' });
    await suppressRecipient(table, event, 'bounce');
    expect(await findSuppression(table, WORKSPACE_ID, 'gone@example.com')).toEqual({
      workspace_id: WORKSPACE_ID,
      address: 'Gone@example.com',
      reason: 'bounce',
      event_id: event.event_id,
      message_id: event.message_id,
      created_at: event.timestamp,
    });
  });

  it('does not change a recipient that is already on the list', async () => {
    const table = await tableOf('ann@example.com');
    await suppressRecipient(table, anEvent({ to: 'Ann@example.com' }), 'bounce');
    expect(await findSuppression(table, WORKSPACE_ID, 'ann@example.com')).toStrictEqual(aSuppression());
  });

  it('does nothing for an event without a recipient', async () => {
    const table = simulatedTable();
    const { to: _to, ...event } = anEvent();
    await suppressRecipient(table, event, 'bounce');
    expect(table.rows.size).toBe(0);
  });
});

describe('findSuppressions', () => {
  it('returns the suppressions by lower-case address', async () => {
    const table = await tableOf('Ann@example.com', 'ben+x@example.com', 'cy@example.com');
    const found = await findSuppressions(table, WORKSPACE_ID, [
      'ANN@example.com',
      'ben@example.com',
      'Ben+X@example.com',
      'dee@example.com',
    ]);
    expect([...found.keys()].toSorted()).toEqual(['ann@example.com', 'ben+x@example.com']);
    expect(found.get('ann@example.com')).toEqual(aSuppression({ address: 'Ann@example.com' }));
  });

  it('reads once for an address that is passed in two cases', async () => {
    const table = simulatedTable();
    await findSuppressions(table, WORKSPACE_ID, ['ann@example.com', 'ANN@example.com']);
    expect(table.calls).toHaveLength(1);
  });
});

/** An earlier version stored the suppression of such an address under the Unicode form. */
describe('a Unicode domain', () => {
  const UNICODE = 'user@例え.テスト';
  const PUNYCODE = 'user@xn--r8jz45g.xn--zckzah';
  const OLD = aSuppression({ address: UNICODE, reason: 'bounce' });

  function withOldRow(table: SimulatedTable): SimulatedTable {
    const { workspace_id: _workspace, ...fields } = OLD;
    const key = { pk: suppressionPartition(WORKSPACE_ID), sk: UNICODE };
    table.rows.set(`${key.pk}\n${key.sk}`, { ...key, kind: 'suppression', ...fields });
    return table;
  }

  it.each([UNICODE, PUNYCODE])(
    'that is stored under its Unicode form is found and not added again: %s',
    async (address) => {
      const table = withOldRow(simulatedTable());
      expect(await findSuppression(table, WORKSPACE_ID, address)).toEqual(OLD);
      expect(await addSuppression(table, aSuppression({ address }))).toEqual(OLD);
      expect(table.rows.size).toBe(1);
      expect(await removeSuppression(table, WORKSPACE_ID, address)).toBe(true);
      expect(table.rows.size).toBe(0);
    },
  );

  const list = async (table: SimulatedTable, prefix: string) => {
    const lows: unknown[] = [];
    table.before = (_command, input) => lows.push(input.ExpressionAttributeValues?.[':low']);
    const page = await listByAddress(table, { workspaceId: WORKSPACE_ID, prefix, limit: 10 });
    return { addresses: page.items.map(({ address }) => address), lows };
  };

  it.each(['user@例', 'user@xn--r8jz45g.', 'user@xn--', 'USER@例え.テ', 'user@例え.テスト'])(
    'is listed by the prefix %s in both forms',
    async (prefix) => {
      const table = withOldRow(
        await tableOf('user@例え.テスト.example', 'user@other.example', 'users@例え.テスト'),
      );
      const { addresses, lows } = await list(table, prefix);
      expect(addresses.toSorted()).toEqual(['user@例え.テスト', 'user@例え.テスト.example']);
      expect(lows).toEqual(['user@']);
    },
  );

  it('is also listed by a prefix that ends in a later punycode part of the domain', async () => {
    const table = await tableOf('user@mail.例え.テスト', 'user@mail.example');
    const { addresses, lows } = await list(table, 'user@mail.xn--');
    expect([addresses, lows]).toEqual([['user@mail.例え.テスト'], ['user@']]);
  });

  it.each([
    ['us', ['user@example.com', 'user@例え.テスト']],
    ['user@exa', ['user@example.com']],
    ['josé', ['josé@example.com']],
    ['josé@exa', ['josé@example.com']],
    ['xn--ann@', ['xn--ann@example.com']],
    ['xn--ann', ['xn--ann@example.com']],
  ])('needs no filter for the prefix %s, which is part of the key', async (prefix, found) => {
    const table = await tableOf(
      'josé@example.com',
      'user@example.com',
      'user@例え.テスト',
      'xn--ann@example.com',
    );
    const { addresses, lows } = await list(table, prefix);
    expect(addresses.toSorted()).toEqual(found);
    expect(lows).toEqual([prefix]);
  });
});

describe('listByAddress', () => {
  const ADDRESSES = Array.from(
    { length: 11 },
    (_, index) => `user${String(index).padStart(2, '0')}@example.com`,
  );

  async function pages(table: SimulatedTable, limit: number): Promise<string[][]> {
    const seen: string[][] = [];
    let position: Position | undefined;
    do {
      const page = await listByAddress(table, {
        workspaceId: WORKSPACE_ID,
        limit,
        ...(position && { position }),
      });
      seen.push(page.items.map(({ address }) => address));
      position = page.next;
    } while (position);
    return seen;
  }

  it.each([1, 2, 5, 10, 11, 12])(
    'returns each address once, sorted, with %i addresses per page',
    async (limit) => {
      const seen = await pages(await tableOf(...ADDRESSES.toReversed()), limit);
      expect(seen.flat()).toEqual(ADDRESSES);
      expect(seen.slice(0, -1).every((page) => page.length === limit)).toBe(true);
      expect(seen).toHaveLength(Math.ceil(ADDRESSES.length / limit));
    },
  );

  it('returns the same pages on the way back to the first', async () => {
    const table = await tableOf(...ADDRESSES);
    const query = { workspaceId: WORKSPACE_ID, limit: 4 };
    const first = await listByAddress(table, query);
    const second = await listByAddress(table, { ...query, ...(first.next && { position: first.next }) });
    const third = await listByAddress(table, { ...query, ...(second.next && { position: second.next }) });
    expect(third.items.map(({ address }) => address)).toEqual(ADDRESSES.slice(8));
    expect(third.next).toBeUndefined();

    const back = await listByAddress(table, { ...query, ...(third.prev && { position: third.prev }) });
    expect(back.items).toEqual(second.items);
    const start = await listByAddress(table, { ...query, ...(back.prev && { position: back.prev }) });
    expect(start.items).toEqual(first.items);
    expect(first.prev).toBeUndefined();
    expect(start.prev).toBeUndefined();
  });

  it('ignores case when sorting, and keeps the original case', async () => {
    const table = await tableOf('cy@example.com', 'Ben@example.com', 'ann@example.com', 'ann+x@example.com');
    expect((await pages(table, 2)).flat()).toEqual([
      'ann+x@example.com',
      'ann@example.com',
      'Ben@example.com',
      'cy@example.com',
    ]);
  });

  it('lists only the addresses with the prefix, in any case', async () => {
    const table = await tableOf('ann@example.com', 'anton@example.com', 'ben@example.com');
    const found = await listByAddress(table, { workspaceId: WORKSPACE_ID, prefix: 'AN', limit: 10 });
    expect(found.items.map(({ address }) => address)).toEqual(['ann@example.com', 'anton@example.com']);
    const later = await listByAddress(table, { workspaceId: WORKSPACE_ID, prefix: 'b', limit: 10 });
    expect(later.items.map(({ address }) => address)).toEqual(['ben@example.com']);
  });

  it('reads at most one row more than it returns', async () => {
    const table = await tableOf(...ADDRESSES);
    table.calls.length = 0;
    const limits: unknown[] = [];
    table.before = (_command, input) => limits.push(input['Limit']);
    await listByAddress(table, { workspaceId: WORKSPACE_ID, limit: 3 });
    expect(limits).toEqual([4]);
  });
});
