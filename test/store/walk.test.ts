import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Position } from '../../lambdas/store/pages.ts';
import { ReadMeter } from '../../lambdas/store/read-meter.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { walk } from '../../lambdas/store/walk.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const PARTITIONS = ['S#a', 'S#b', 'S#c'] as const;

function tableOf(partitions: readonly number[], changes: object = {}): SimulatedTable {
  const table = simulatedTable();
  partitions.forEach((partition, second) => {
    const sk = `E#${new Date(second * 1000).toISOString()}#evt_${String(second).padStart(5, '0')}`;
    const row = { pk: `m${second}`, sk, g1pk: PARTITIONS[partition] ?? PARTITIONS[0], name: 'x'.repeat(500) };
    table.rows.set(`${row.pk}\n${sk}`, { ...row, ...changes });
  });
  return table;
}

const numberOf = (row: Row): number => Number(row.sk.slice(-5));

interface Setting {
  readonly units?: number;
  readonly milliseconds?: number;
  readonly now?: () => number;
  readonly limit: number;
  readonly every: number;
  readonly fewMatch?: boolean;
  readonly unitsPerRow?: number;
  readonly resolve?: (rows: readonly Row[], meter: ReadMeter) => readonly (string | undefined)[];
}

/** One page of the rows whose number is a multiple of `every`, and the meter after it. */
async function read(table: SimulatedTable, setting: Setting, position?: Position) {
  const { units = 1_000, milliseconds = 5_000, now = () => 0, limit, every } = setting;
  const meter = new ReadMeter({ units, milliseconds }, now);
  const page = await walk<string>(table, {
    partitions: PARTITIONS.map((pk) => ({ index: 'g1' as const, pk })),
    prefix: 'E#',
    limit,
    meter,
    matches: (row) => numberOf(row) % every === 0,
    fewMatch: setting.fewMatch ?? true,
    unitsPerRow: setting.unitsPerRow ?? 0,
    resolve: (rows) => Promise.resolve(setting.resolve?.(rows, meter) ?? rows.map((row) => row.sk)),
    ...(position && { position }),
  });
  return { page, used: units - meter.left };
}

describe('a walk', () => {
  it('returns each matching row once in both directions, for any budget, limit and share of matches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(2), { maxLength: 200 }),
        fc.record({
          limit: fc.integer({ min: 1, max: 30 }),
          every: fc.integer({ min: 1, max: 60 }),
          units: fc.integer({ min: 0, max: 12 }),
          fewMatch: fc.boolean(),
          unitsPerRow: fc.constantFrom(0, 1),
        }),
        // The resolver leaves these rows out.
        fc.integer({ min: 2, max: 9 }),
        async (partitions, setting, dropped) => {
          const table = tableOf(partitions);
          const resolve: Setting['resolve'] = (rows) =>
            rows.map((row) => (numberOf(row) % dropped === 1 ? undefined : row.sk));
          const expected = [...table.rows.values()]
            .filter((row) => numberOf(row) % setting.every === 0 && numberOf(row) % dropped !== 1)
            .map((row) => row.sk)
            .toSorted()
            .toReversed();
          const forward: string[] = [];
          let { page } = await read(table, { ...setting, resolve });
          for (;;) {
            expect(page.items.length).toBeLessThanOrEqual(setting.limit);
            forward.push(...page.items);
            if (!page.next) break;
            ({ page } = await read(table, { ...setting, resolve }, page.next));
          }
          expect(forward).toEqual(expected);
          const backward = [...page.items];
          while (page.prev) {
            ({ page } = await read(table, { ...setting, resolve }, page.prev));
            backward.unshift(...page.items);
          }
          expect(backward).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stops at its budget of read units, and at least one row further than the page before', async () => {
    const table = tableOf(Array.from({ length: 3_000 }, (_, index) => index % 3));
    const keys: string[] = [];
    let { page, used } = await read(table, { limit: 10, every: 2_999, units: 40 });
    for (; page.next; { page, used } = await read(table, { limit: 10, every: 2_999, units: 40 }, page.next)) {
      expect(used).toBeLessThanOrEqual(40);
      keys.push(page.next.key);
    }
    expect(keys.length).toBeGreaterThan(4);
    expect(keys).toEqual([...new Set(keys)].toSorted().toReversed());
  });

  it('keeps enough of its budget to resolve the matching rows', async () => {
    const table = tableOf(Array.from({ length: 300 }, (_, index) => index % 3));
    let resolved = 0;
    const { page, used } = await read(table, {
      limit: 100,
      every: 3,
      units: 30,
      unitsPerRow: 1,
      resolve(rows, meter) {
        resolved += rows.length;
        meter.add(rows.length);
        return rows.map((row) => row.sk);
      },
    });
    expect(page.items).toHaveLength(resolved);
    expect(resolved).toBeGreaterThan(10);
    expect(used).toBeLessThanOrEqual(30);
    expect(page.next).toBeDefined();
  });

  it('stops when its time has passed', async () => {
    const table = tableOf(Array.from({ length: 2_000 }, (_, index) => index % 3));
    let nowMs = 0;
    table.before = () => {
      nowMs += 1_000;
    };
    const { page } = await read(table, { limit: 10, every: 5_000, now: () => nowMs });
    expect(page.items).toEqual([]);
    expect(page.next).toBeDefined();
    // The first read of three partitions, and two more reads.
    expect(table.calls.length).toBeLessThanOrEqual(6);
  });

  it('reads few rows if the page is soon full, and large chunks if not', async () => {
    const table = tableOf(Array.from({ length: 3_000 }, (_, index) => index % 3));
    await read(table, { limit: 20, every: 1 });
    expect(table.calls.length).toBeLessThanOrEqual(4);
    table.calls.length = 0;
    await read(table, { limit: 20, every: 5_000 });
    expect(table.calls.length).toBeLessThanOrEqual(18);
  });

  it('ends a page before it exceeds the size of a response', async () => {
    const table = tableOf(
      Array.from({ length: 60 }, (_, index) => index % 3),
      { tags: ['long', '"'.repeat(50_000)] },
    );
    const seen: string[] = [];
    let pages = 0;
    let position: Position | undefined;
    do {
      const { page } = await read(table, { limit: 50, every: 1 }, position);
      const rows = page.items.map((sk) => [...table.rows.values()].find((row) => row.sk === sk));
      expect(JSON.stringify(JSON.stringify(rows)).length).toBeLessThan(6_000_000);
      seen.push(...page.items);
      pages += 1;
      position = page.next;
    } while (position);
    expect(pages).toBeGreaterThan(2);
    expect(new Set(seen).size).toBe(60);
    expect(seen).toHaveLength(60);
  });
});
