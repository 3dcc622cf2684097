import { describe, expect, it } from 'vitest';
import {
  countSuppressions,
  listByAddress,
  listByTime,
  type SuppressionFilters,
} from '../../lambdas/store/list-suppressions.ts';
import type { Position } from '../../lambdas/store/pages.ts';
import {
  addSuppression,
  removeSuppression,
  suppressRecipient,
  type Suppression,
} from '../../lambdas/store/suppressions.ts';
import { batchReadUnits, readUnits, type ReadResult } from '../../sim/capacity.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

interface BatchResult {
  readonly Responses?: Readonly<Record<string, readonly Record<string, unknown>[]>>;
}

const OTHER_WORKSPACE = `ws_${'b'.repeat(26)}`;
const REASONS = ['bounce', 'complaint', 'manual', 'unsubscribed'] as const;

/** `user00` was suppressed first. The reasons alternate, so neighbors in time are in different partitions. */
const ALL: readonly Suppression[] = Array.from({ length: 23 }, (_, index) => ({
  workspace_id: WORKSPACE_ID,
  address: `user${String(index).padStart(2, '0')}@example.com`,
  reason: REASONS[index % REASONS.length] ?? 'manual',
  created_at: new Date(Date.UTC(2026, 1, 1, index)).toISOString().replace('.000Z', 'Z'),
}));
const NEWEST_FIRST = ALL.toReversed().map(({ address }) => address);

async function tableOf(suppressions: readonly Suppression[] = ALL): Promise<SimulatedTable> {
  const table = simulatedTable();
  for (const suppression of suppressions) await addSuppression(table, suppression);
  return table;
}

const addressesOf = (suppressions: readonly Suppression[]) => suppressions.map(({ address }) => address);

const FILTERS: readonly Omit<SuppressionFilters, 'workspaceId' | 'prefix'>[] = [
  {},
  { reason: 'bounce' },
  { after: '2026-02-01T05:00:00Z' },
  { before: '2026-02-01T05:00:00Z' },
  { reason: 'complaint', after: '2026-02-01T05:00:00Z', before: '2026-02-01T17:00:00Z' },
  { reason: 'ses_account' },
];

const matching = ({ reason, after = '0', before = '3' }: (typeof FILTERS)[number]) =>
  ALL.filter(
    (each) =>
      (reason === undefined || each.reason === reason) &&
      each.created_at >= after &&
      each.created_at < before,
  );

describe('listByTime', () => {
  it.each(FILTERS)('returns the suppressions that match %j, newest first', async (filters) => {
    const page = await listByTime(await tableOf(), { workspaceId: WORKSPACE_ID, limit: 100, ...filters });
    expect(page.items).toEqual(matching(filters).toReversed());
  });

  it.each([1, 2, 7, 22, 23, 24])('returns each address once with %i addresses per page', async (limit) => {
    const table = await tableOf();
    const seen: string[] = [];
    let position: Position | undefined;
    do {
      const page = await listByTime(table, { workspaceId: WORKSPACE_ID, limit, position });
      seen.push(...addressesOf(page.items));
      position = page.next;
    } while (position);
    expect(seen).toEqual(NEWEST_FIRST);
  });

  it('returns the same pages on the way back to the first', async () => {
    const table = await tableOf();
    const query = { workspaceId: WORKSPACE_ID, limit: 10 };
    const first = await listByTime(table, query);
    const second = await listByTime(table, { ...query, position: first.next });
    const third = await listByTime(table, { ...query, position: second.next });
    expect(addressesOf(third.items)).toEqual(NEWEST_FIRST.slice(20));
    const back = await listByTime(table, { ...query, position: third.prev });
    expect(back.items).toEqual(second.items);
    expect((await listByTime(table, { ...query, position: back.prev })).items).toEqual(first.items);
  });

  it('contains only the workspace of the caller, with the event and the message of each suppression', async () => {
    const table = await tableOf([{ ...(ALL[0] as Suppression), workspace_id: OTHER_WORKSPACE }]);
    const event = anEvent({ event: 'bounced', to: 'Gone@example.com' });
    await suppressRecipient(table, event, 'bounce');
    expect((await listByTime(table, { workspaceId: WORKSPACE_ID, limit: 10 })).items).toEqual([
      {
        workspace_id: WORKSPACE_ID,
        address: 'Gone@example.com',
        reason: 'bounce',
        event_id: event.event_id,
        message_id: event.message_id,
        created_at: event.timestamp,
      },
    ]);
  });

  it('does not contain a removed suppression, and contains one that was added again only at its new time', async () => {
    const table = await tableOf();
    const [, second, third] = ALL as [Suppression, Suppression, Suppression];
    await removeSuppression(table, WORKSPACE_ID, second.address);
    await removeSuppression(table, WORKSPACE_ID, third.address);
    await addSuppression(table, { ...third, created_at: '2026-03-01T00:00:00Z' });
    const { items } = await listByTime(table, { workspaceId: WORKSPACE_ID, limit: 100 });
    expect(addressesOf(items)).toEqual([
      third.address,
      ...NEWEST_FIRST.filter((address) => address !== second.address && address !== third.address),
    ]);
  });

  it('leaves out a time row whose suppression version 0.1.0 removed or replaced', async () => {
    const table = await tableOf(ALL.slice(0, 3));
    for (const [key, row] of table.rows) {
      if (row['address'] === 'user00@example.com') table.rows.delete(key);
      if (row['address'] === 'user01@example.com')
        table.rows.set(key, { ...row, created_at: '2026-03-01T00:00:00Z' });
    }
    const { items } = await listByTime(table, { workspaceId: WORKSPACE_ID, limit: 100 });
    expect(addressesOf(items)).toEqual(['user02@example.com']);
  });

  it('costs at most 30 read units for a page of 50, also from a list with every reason', async () => {
    const many = Array.from({ length: 400 }, (_, index) => ({
      ...(ALL[index % ALL.length] as Suppression),
      address: `customer.number.${index}@mail.provider.example`,
    }));
    const table = await tableOf(many);
    let units = 0;
    const send = table.client.send.bind(table.client) as (
      command: object,
    ) => Promise<ReadResult & BatchResult>;
    Object.assign(table.client, {
      async send(command: object) {
        const result = await send(command);
        const items = Object.values(result.Responses ?? {}).flat();
        units += result.Responses
          ? batchReadUnits(items, { keys: 50, consistent: false })
          : readUnits({ Items: result.Items ?? [] }, false);
        return result;
      },
    });
    expect((await listByTime(table, { workspaceId: WORKSPACE_ID, limit: 50 })).items).toHaveLength(50);
    expect(units).toBeGreaterThanOrEqual(25);
    expect(units).toBeLessThanOrEqual(30);
  });

  it('divides the bounces between two partitions, because many addresses can bounce in one second', async () => {
    const bounces = ALL.map((each) => ({ ...each, reason: 'bounce' as const }));
    const table = await tableOf(bounces);
    const times = [...table.rows.values()].filter(({ kind }) => kind === 'suppression_time');
    const sizes = Map.groupBy(times, ({ pk }) => pk);
    expect([...sizes.keys()].toSorted()).toEqual([0, 1].map((shard) => `ST#${WORKSPACE_ID}#bounce#${shard}`));
    for (const rows of sizes.values()) expect(rows.length).toBeGreaterThan(ALL.length / 4);
  });

  it('reads the suppressions of a page in one batch, and no more than it returns', async () => {
    const table = await tableOf();
    const batches: number[] = [];
    table.before = (command, input) => {
      if (command !== 'BatchGetCommand') return;
      const { RequestItems: items } = input as unknown as {
        readonly RequestItems: Record<string, { readonly Keys: readonly unknown[] }>;
      };
      batches.push(items['table']?.Keys.length ?? 0);
    };
    await listByTime(table, { workspaceId: WORKSPACE_ID, limit: 9 });
    expect(batches).toEqual([9]);
  });
});

describe('listByAddress', () => {
  it.each(FILTERS)('returns the suppressions that match %j, by address', async (filters) => {
    const page = await listByAddress(await tableOf(), { workspaceId: WORKSPACE_ID, limit: 100, ...filters });
    expect(page.items).toEqual(matching(filters));
  });

  it('combines a prefix with a reason', async () => {
    const page = await listByAddress(await tableOf(), {
      workspaceId: WORKSPACE_ID,
      limit: 100,
      prefix: 'USER1',
      reason: 'bounce',
    });
    expect(addressesOf(page.items)).toEqual(['user12@example.com', 'user16@example.com']);
  });
});

describe('countSuppressions', () => {
  const BUDGET = 1_000;

  it.each(FILTERS.flatMap((filters) => [['time', filters] as const, ['address', filters] as const]))(
    'by %s counts the suppressions that match %j',
    async (by, filters) => {
      const query = { workspaceId: WORKSPACE_ID, by, ...filters };
      expect(await countSuppressions(await tableOf(), query, BUDGET)).toEqual({
        count: matching(filters).length,
        exact: true,
      });
    },
  );

  it('counts the addresses with a prefix, also with one of a Unicode domain', async () => {
    const unicode = { ...(ALL[0] as Suppression), address: 'user00@例え.テスト' };
    const table = await tableOf([...ALL, unicode]);
    const query = { workspaceId: WORKSPACE_ID, by: 'address' } as const;
    expect((await countSuppressions(table, { ...query, prefix: 'user0' }, BUDGET)).count).toBe(11);
    expect((await countSuppressions(table, { ...query, prefix: 'user00@例' }, BUDGET)).count).toBe(1);
  });

  it('stops when it has used its budget, and says that there may be more', async () => {
    const table = await tableOf();
    const query = { workspaceId: WORKSPACE_ID, by: 'time' } as const;
    // Each partition costs half a unit. The first two contain the bounces.
    expect(await countSuppressions(table, query, 1)).toEqual({ count: 6, exact: false });
    expect(await countSuppressions(table, { ...query, reason: 'bounce' }, 1)).toEqual({
      count: 6,
      exact: true,
    });
  });

  it('reads a long list in several parts', async () => {
    const table = await tableOf([]);
    const pk = `ST#${WORKSPACE_ID}#bounce#1`;
    for (let index = 0; index < 2_500; index += 1) {
      const sk = `2026-02-25T12:00:00.000Z#user${index}@example.com`;
      table.rows.set(`${pk}\n${sk}`, { pk, sk, kind: 'suppression_time' });
    }
    const query = { workspaceId: WORKSPACE_ID, by: 'time' } as const;
    expect(await countSuppressions(table, query, BUDGET)).toEqual({ count: 2_500, exact: true });
  });
});
