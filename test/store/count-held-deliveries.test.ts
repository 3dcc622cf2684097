import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { listEndpointDeliveries } from '../../lambdas/store/deliveries.ts';
import { countHeld } from '../../lambdas/store/count-held-deliveries.ts';
import { holdDelivery } from '../../sim/builders/deliveries.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const endpoint = anEndpoint();
const address = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id };
const MAX = 1_000;

/** Event ids, by the partition of their held deliveries. */
const IDS: readonly (readonly string[])[] = (() => {
  const ids: string[][] = [[], [], [], []];
  for (let index = 0; ids.some((each) => each.length < 1_200); index += 1) {
    const id = deterministicId('evt', [String(index)]);
    ids[(createHash('sha256').update(id).digest()[0] ?? 0) % 4]?.push(id);
  }
  return ids;
})();

/** A table with this number of held deliveries in each partition. */
async function tableWithHeld(counts: readonly number[]): Promise<SimulatedTable> {
  const table = simulatedTable();
  const ids = counts.flatMap((count, partition) => (IDS[partition] ?? []).slice(0, count));
  await Promise.all(
    ids.map((event_id) => {
      const event = anEvent({ event_id });
      return holdDelivery(table, { task: aTask(event, endpoint), stored: { event, ttl: 1 }, nowMs: 0 });
    }),
  );
  return table;
}

/** The count, with the number of queries and of the rows that they read. */
async function countWithReads(table: SimulatedTable, max = MAX) {
  let rows = 0;
  let queries = 0;
  const { client } = table;
  const metered = {
    ...table,
    client: {
      async send(command: Parameters<typeof client.send>[0]) {
        const response = (await client.send(command)) as { Count?: number };
        rows += response.Count ?? 0;
        queries += 1;
        return response;
      },
    },
  } as unknown as SimulatedTable;
  return { ...(await countHeld(metered, address, max)), rows, queries };
}

describe('countHeld', () => {
  it.each([
    ['no deliveries', [0, 0, 0, 0], 0, true],
    ['one delivery', [0, 0, 1, 0], 1, true],
    ['1,000 deliveries, evenly distributed', [250, 250, 250, 250], 1_000, true],
    ['1,001 deliveries, evenly distributed', [250, 250, 250, 251], 1_000, false],
    ['1,000 deliveries in one partition', [0, 1_000, 0, 0], 1_000, true],
    ['1,001 deliveries in one partition', [1_001, 0, 0, 0], 1_000, false],
    ['1,001 deliveries in two partitions', [0, 500, 0, 501], 1_000, false],
    ['4,800 deliveries', [1_200, 1_200, 1_200, 1_200], 1_000, false],
  ])('counts %s', async (_case, counts, count, exact) => {
    expect(await countWithReads(await tableWithHeld(counts))).toMatchObject({ count, exact });
  });

  it('is correct for every distribution, and reads at most `max` + 4 rows', async () => {
    const share = fc.nat(30);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(share, share, share, share),
        fc.integer({ min: 1, max: 60 }),
        async (counts, max) => {
          const total = counts.reduce((sum, each) => sum + each, 0);
          const result = await countWithReads(await tableWithHeld(counts), max);
          expect(result).toMatchObject({ count: Math.min(total, max), exact: total <= max });
          expect(result.rows).toBeLessThanOrEqual(max + 4);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('continues if DynamoDB ends a response early', async () => {
    const table = await tableWithHeld([9, 0, 4, 20]);
    // DynamoDB ends a response at 1 MB. Here, each response ends after three rows.
    table.before = (command, input) => {
      if (command === 'QueryCommand') Object.assign(input, { Limit: Math.min(3, Number(input['Limit'])) });
    };
    expect(await countHeld(table, address, MAX)).toEqual({ count: 33, exact: true });
    expect(await countHeld(table, address, 32)).toEqual({ count: 32, exact: false });
  });

  it('does not transfer the rows', async () => {
    const table = await tableWithHeld([1, 1, 1, 1]);
    const selects: unknown[] = [];
    table.before = (_command, input) => selects.push(input['Select']);
    await countHeld(table, address, MAX);
    expect(selects).toEqual(['COUNT', 'COUNT', 'COUNT', 'COUNT']);
  });

  it('excludes other endpoints and deliveries that ended', async () => {
    const table = await tableWithHeld([2, 1, 0, 0]);
    const other = anEndpoint({ url: 'https://other.example.com/' });
    const event = anEvent();
    await holdDelivery(table, { task: aTask(event, other), stored: { event, ttl: 1 }, nowMs: 0 });
    const { items } = await listEndpointDeliveries(table, { ...address, status: 'held', limit: 10 });
    for (const row of table.rows.values())
      if (row['kind'] === 'delivery' && row.sk.includes(items[0]?.event_id ?? ''))
        table.rows.set(`${row.pk}\n${row.sk}`, { ...row, status: 'delivered', g2pk: undefined });
    expect(await countHeld(table, address, MAX)).toEqual({ count: 2, exact: true });
  });
});
