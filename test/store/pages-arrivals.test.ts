import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPage, type Position } from '../../lambdas/store/pages.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const PARTITIONS = ['S#a', 'S#b', 'S#c'] as const;

interface Arrival {
  readonly partition: number;
  /** The time of the event. The row may arrive much later, because SES sends some events late. */
  readonly second: number;
}

const arrival = fc.record({ partition: fc.nat(2), second: fc.nat(50) });

/** Puts a row into one of the three partitions and returns its sort key. */
function put(table: SimulatedTable, { partition, second }: Arrival): string {
  const number = table.rows.size;
  const sk = `E#${new Date(second * 1000).toISOString()}#evt_${String(number).padStart(5, '0')}`;
  table.rows.set(`m${number}\n${sk}`, { pk: `m${number}`, sk, g1pk: PARTITIONS[partition] });
  return sk;
}

/** Reads all pages in one direction. Before each page except the first, one more row arrives until none is left. */
async function walk(
  table: SimulatedTable,
  request: { readonly limit: number; readonly direction: Position['direction']; readonly start?: Position },
  arrivals: readonly Arrival[],
): Promise<readonly string[]> {
  const pendingArrivals = [...arrivals];
  const seen: string[] = [];
  let position = request.start;
  for (;;) {
    const page = await readPage(table, {
      partitions: PARTITIONS.map((pk) => ({ index: 'g1' as const, pk })),
      prefix: 'E#',
      limit: request.limit,
      ...(position && { position }),
    });
    const keys = page.items.map((row) => row.sk);
    if (request.direction === 'next') seen.push(...keys);
    else seen.unshift(...keys);
    const following = page[request.direction];
    if (!following) return seen;
    position = following;
    const next = pendingArrivals.shift();
    if (next) put(table, next);
  }
}

describe('walking the pages with a cursor while new events arrive', () => {
  it.each(['next', 'prev'] as const)(
    'to the %s returns every older row exactly once, in order',
    async (direction) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(arrival, { minLength: 1, maxLength: 60 }),
          fc.array(arrival, { maxLength: 30 }),
          fc.integer({ min: 1, max: 20 }),
          async (rows, arrivals, limit) => {
            const table = simulatedTable();
            const existing = new Set(rows.map((row) => put(table, row)));
            const oldestFirst = [...existing].toSorted();
            // The walk to newer pages starts below all of them.
            const start = { key: `E#${new Date(0).toISOString()}`, direction: 'prev' as const };
            const seen = await walk(
              table,
              { limit, direction, ...(direction === 'prev' && { start }) },
              arrivals,
            );
            expect(seen.filter((sk) => existing.has(sk))).toEqual(oldestFirst.toReversed());
            expect(seen).toEqual([...new Set(seen)].toSorted().toReversed());
          },
        ),
      );
    },
  );
});
