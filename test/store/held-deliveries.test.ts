import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { listEndpointDeliveries } from '../../lambdas/store/deliveries.ts';
import { holdDelivery } from '../../lambdas/store/delivery-claims.ts';
import { countHeld } from '../../lambdas/store/held-deliveries.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const endpoint = anEndpoint();
const name = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id };
const MOST = 1_000;

/** Event ids by the partition that their deliveries are held in. */
const IDS: readonly (readonly string[])[] = (() => {
  const ids: string[][] = [[], [], [], []];
  for (let index = 0; ids.some((each) => each.length < 1_200); index += 1) {
    const id = deterministicId('evt', [String(index)]);
    ids[(createHash('sha256').update(id).digest()[0] ?? 0) % 4]?.push(id);
  }
  return ids;
})();

/** So many held deliveries in each partition. */
async function held(counts: readonly number[]): Promise<SimulatedTable> {
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

/** Rows that the queries of a count read. */
async function countWithReads(table: SimulatedTable, most = MOST) {
  let rows = 0;
  let queries = 0;
  const { client } = table;
  const metered = {
    ...table,
    client: {
      async send(command: Parameters<typeof client.send>[0]) {
        const answer = (await client.send(command)) as { Count?: number };
        rows += answer.Count ?? 0;
        queries += 1;
        return answer;
      },
    },
  } as unknown as SimulatedTable;
  return { ...(await countHeld(metered, name, most)), rows, queries };
}

describe('the count of held deliveries', () => {
  it.each([
    ['none', [0, 0, 0, 0], 0, true],
    ['one', [0, 0, 1, 0], 1, true],
    ['a thousand, evenly', [250, 250, 250, 250], 1_000, true],
    ['1,001, evenly', [250, 250, 250, 251], 1_000, false],
    ['a thousand in one partition', [0, 1_000, 0, 0], 1_000, true],
    ['1,001 in one partition', [1_001, 0, 0, 0], 1_000, false],
    ['1,001 in two partitions', [0, 500, 0, 501], 1_000, false],
    ['many more', [1_200, 1_200, 1_200, 1_200], 1_000, false],
  ])('%s', async (_what, counts, count, exact) => {
    expect(await countWithReads(await held(counts))).toMatchObject({ count, exact });
  });

  it('is right for every distribution, and reads at most four rows more than it may count', async () => {
    const share = fc.nat(30);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(share, share, share, share),
        fc.integer({ min: 1, max: 60 }),
        async (counts, most) => {
          const total = counts.reduce((sum, each) => sum + each, 0);
          const told = await countWithReads(await held(counts), most);
          expect(told).toMatchObject({ count: Math.min(total, most), exact: total <= most });
          expect(told.rows).toBeLessThanOrEqual(most + 4);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('goes on where DynamoDB ends an answer early', async () => {
    const table = await held([9, 0, 4, 20]);
    // An answer ends at one megabyte; here after three rows.
    table.before = (command, input) => {
      if (command === 'QueryCommand') Object.assign(input, { Limit: Math.min(3, Number(input['Limit'])) });
    };
    expect(await countHeld(table, name, MOST)).toEqual({ count: 33, exact: true });
    expect(await countHeld(table, name, 32)).toEqual({ count: 32, exact: false });
  });

  it('does not transfer the rows', async () => {
    const table = await held([1, 1, 1, 1]);
    const selects: unknown[] = [];
    table.before = (_command, input) => selects.push(input['Select']);
    await countHeld(table, name, MOST);
    expect(selects).toEqual(['COUNT', 'COUNT', 'COUNT', 'COUNT']);
  });

  it('leaves out other endpoints, and deliveries that ended', async () => {
    const table = await held([2, 1, 0, 0]);
    const other = anEndpoint({ url: 'https://other.example.com/' });
    const event = anEvent();
    await holdDelivery(table, { task: aTask(event, other), stored: { event, ttl: 1 }, nowMs: 0 });
    const { items } = await listEndpointDeliveries(table, { ...name, status: 'held', limit: 10 });
    for (const row of table.rows.values())
      if (row['kind'] === 'delivery' && row.sk.includes(items[0]?.event_id ?? ''))
        table.rows.set(`${row.pk}\n${row.sk}`, { ...row, status: 'delivered', g2pk: undefined });
    expect(await countHeld(table, name, MOST)).toEqual({ count: 2, exact: true });
  });
});
