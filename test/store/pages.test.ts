import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPage, sortKeyBounds, type Position } from '../../lambdas/store/pages.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const PARTITIONS = ['S#a', 'S#b', 'S#c'] as const;

function tableOf(rows: readonly { readonly partition: number; readonly second: number }[]): SimulatedTable {
  const table = simulatedTable();
  rows.forEach(({ partition, second }, index) => {
    const sk = `E#${new Date(second * 1000).toISOString()}#evt_${String(index).padStart(5, '0')}`;
    table.rows.set(`m${index}\n${sk}`, { pk: `m${index}`, sk, g1pk: PARTITIONS[partition] });
  });
  return table;
}

function newestFirst(table: SimulatedTable): string[] {
  return [...table.rows.values()]
    .map((row: Row) => row.sk)
    .toSorted()
    .toReversed();
}

const rows = fc.array(fc.record({ partition: fc.nat(2), second: fc.nat(50) }), { maxLength: 60 });

function read(table: SimulatedTable, limit: number, position?: Position): ReturnType<typeof readPage> {
  return readPage(table, {
    partitions: PARTITIONS.map((pk) => ({ index: 'g1' as const, pk })),
    prefix: 'E#',
    limit,
    ...(position && { position }),
  });
}

/** Walks a filtered list in one partition. Few rows pass the filter, so most pages end at the row limit. */
async function walk(
  table: SimulatedTable,
  request: { readonly limit: number; readonly every: number; readonly direction: 'next' | 'prev' },
  start?: Position,
) {
  const seen: string[] = [];
  let position = start;
  let pages = 0;
  for (;;) {
    const page = await readPage(table, {
      partitions: [{ index: 'g1', pk: PARTITIONS[0] }],
      prefix: 'E#',
      limit: request.limit,
      filter: (row) => Number(row.sk.slice(-5)) % request.every === 0,
      ...(position && { position }),
    });
    expect(page.items.length).toBeLessThanOrEqual(request.limit);
    const keys = page.items.map((row) => row.sk);
    if (request.direction === 'next') seen.push(...keys);
    else seen.unshift(...keys);
    pages += 1;
    const next = page[request.direction];
    if (!next) return { seen, pages, last: page };
    position = next;
  }
}

describe('a filtered page', () => {
  it('returns each selected row once in both directions, for any share of selected rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 150 }),
        async (count, limit, every) => {
          const table = tableOf(
            Array.from({ length: count }, (_, second) => ({ partition: 0, second: second >> 1 })),
          );
          const selected = newestFirst(table).filter((sk) => Number(sk.slice(-5)) % every === 0);
          const forward = await walk(table, { limit, every, direction: 'next' });
          expect(forward.seen).toEqual(selected);
          if (!forward.last.prev) return;
          const back = await walk(table, { limit, every, direction: 'prev' }, forward.last.prev);
          expect([...back.seen, ...forward.last.items.map((row) => row.sk)]).toEqual(selected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads at most 70 rows, and is short if they do not fill it', async () => {
    const table = tableOf(Array.from({ length: 300 }, (_, second) => ({ partition: 0, second })));
    let rowsRead = 0;
    table.before = (_command, input) => {
      rowsRead += Number(input['Limit']);
    };
    const { seen, pages } = await walk(table, { limit: 50, every: 100, direction: 'next' });
    expect(seen).toHaveLength(3);
    expect(rowsRead).toBeLessThanOrEqual(pages * 70);
  });
});

describe('a page of very large rows', () => {
  /** The largest response of a Lambda function is 6 MB, and it contains the page as JSON within JSON. */
  const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

  async function pagesOf(text: string, limit: number): Promise<number[]> {
    const table = tableOf(Array.from({ length: 200 }, (_, second) => ({ partition: second % 3, second })));
    for (const row of table.rows.values()) Object.assign(row, { tags: ['long', text] });
    const seen: string[] = [];
    const sizes: number[] = [];
    let position: Position | undefined;
    do {
      const page = await read(table, limit, position);
      expect(Buffer.byteLength(JSON.stringify(JSON.stringify(page.items)))).toBeLessThan(MAX_RESPONSE_BYTES);
      sizes.push(page.items.length);
      seen.push(...page.items.map((row) => row.sk));
      position = page.next;
    } while (position);
    expect(seen).toEqual(newestFirst(table));
    return sizes;
  }

  it('ends before it exceeds the size of a response, and the pages contain each row once', async () => {
    const sizes = await pagesOf('"'.repeat(12_000), 1_000);
    expect(sizes.length).toBeGreaterThan(2);
  });

  it('is full if its rows fit into the response', async () => {
    expect(await pagesOf('x'.repeat(60_000), 50)).toEqual([50, 50, 50, 50]);
  });
});

describe('readPage', () => {
  it('returns each row of a merged list once, newest first', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 20 }), async (list, limit) => {
        const table = tableOf(list);
        const seen: string[] = [];
        let position: Position | undefined;
        do {
          const page = await read(table, limit, position);
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items.map((row) => row.sk));
          position = page.next;
        } while (position);
        expect(seen).toEqual(newestFirst(table));
      }),
    );
  });

  it('returns the same pages on the way back', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 20 }), async (list, limit) => {
        const table = tableOf(list);
        const first = await read(table, limit);
        expect(first.prev).toBeUndefined();
        if (!first.next) return;
        const second = await read(table, limit, first.next);
        expect(second.prev).toBeDefined();
        const back = await read(table, limit, second.prev);
        expect(back.items).toEqual(first.items);
        expect(back.prev).toBeUndefined();
        expect(back.next).toEqual(first.next);
      }),
    );
  });

  it('returns no row twice if newer rows arrive between two pages', async () => {
    const table = tableOf(Array.from({ length: 10 }, (_, second) => ({ partition: second % 3, second })));
    const first = await read(table, 4);
    const sk = `E#${new Date(99_000).toISOString()}#evt_99999`;
    table.rows.set('new', { pk: 'new', sk, g1pk: PARTITIONS[0] });
    const second = await read(table, 4, first.next);
    expect(second.items.map((row) => row.sk)).toEqual(newestFirst(table).slice(5, 9));
    expect((await read(table, 4, second.prev)).prev).toBeDefined();
  });

  it('has no next page after a last page that is exactly full', async () => {
    const table = tableOf([1, 2, 3].map((second) => ({ partition: 0, second })));
    expect((await read(table, 3)).next).toBeUndefined();
    expect((await read(table, 2)).next).toBeDefined();
  });

  it('reads each partition in chunks of seven rows, and one row more than it returns', async () => {
    const table = tableOf(Array.from({ length: 300 }, (_, second) => ({ partition: second % 3, second })));
    await read(table, 50);
    // Each of three partitions has a first chunk. Every further seven rows need one more.
    expect(table.calls.length).toBeLessThanOrEqual(3 + Math.ceil(51 / 7));
  });

  it('returns a range of time, inclusive at the start and exclusive at the end', async () => {
    const table = tableOf(Array.from({ length: 10 }, (_, second) => ({ partition: 0, second })));
    const page = await readPage(table, {
      partitions: [{ index: 'g1', pk: PARTITIONS[0] }],
      prefix: 'E#',
      from: `E#${new Date(3000).toISOString()}`,
      until: `E#${new Date(6000).toISOString()}`,
      limit: 50,
    });
    expect(page.items.map((row) => Number(row.sk.slice(-5)))).toEqual([5, 4, 3]);
  });
});

describe('sortKeyBounds', () => {
  it('excludes the key after which a page starts, and no other key of its length', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z2-7]{6}$/), fc.stringMatching(/^[a-z2-7]{6}$/), (key, other) => {
        const { high } = sortKeyBounds({
          partitions: [],
          prefix: '',
          limit: 1,
          position: { key, direction: 'next' },
        });
        expect(other <= high).toBe(other < key);
      }),
    );
  });
});
