import type { Row, Table } from '../lambdas/store/table.ts';
import { readUnits } from './capacity.ts';

export interface ReadOnlyTable extends Table {
  /** The read units since the previous call. */
  units(): number;
}

/**
 * A table of many rows that processes only Query and counts its read units. It keeps each partition as a sorted list, so a
 * query of 100,000 rows is fast. The simulated table sorts a partition at every query.
 */
export function readOnlyTable(rows: readonly Row[]): ReadOnlyTable {
  const partitions = new Map<string, Row[]>();
  for (const row of rows) {
    for (const name of ['pk', 'g1pk', 'g2pk']) {
      const key = `${name} ${String(row[name])}`;
      const partition = partitions.get(key);
      if (partition) partition.push(row);
      else partitions.set(key, [row]);
    }
  }
  for (const partition of partitions.values())
    partition.sort((left, right) => (left.sk < right.sk ? -1 : left.sk > right.sk ? 1 : 0));
  let units = 0;

  async function send({ input }: { readonly input: Record<string, unknown> }): Promise<object> {
    const values = input['ExpressionAttributeValues'] as Record<string, string>;
    const [name = ''] = Object.values(input['ExpressionAttributeNames'] as Record<string, string>);
    const { ':pk': pk, ':low': low = '', ':high': high = '' } = values;
    const partition = partitions.get(`${name} ${pk}`) ?? [];
    const inRange = partition.filter((row) => row.sk >= low && row.sk <= high);
    if (input['ScanIndexForward'] === false) inRange.reverse();
    const start = input['ExclusiveStartKey'] as Row | undefined;
    const from = start ? inRange.findIndex((row) => row.sk === start.sk && row.pk === start.pk) + 1 : 0;
    const Items = inRange.slice(from, from + Number(input['Limit']));
    const last = Items.at(-1);
    const CapacityUnits = readUnits({ Items, Count: Items.length, ScannedCount: Items.length }, false);
    units += CapacityUnits;
    const hasNextPage = Items.length === Number(input['Limit']) && last;
    return {
      Items,
      ConsumedCapacity: { CapacityUnits },
      ...(hasNextPage && { LastEvaluatedKey: { pk: last.pk, sk: last.sk } }),
    };
  }
  return {
    name: 'read-only',
    client: { send } as unknown as Table['client'],
    units() {
      const used = units;
      units = 0;
      return used;
    },
  };
}
