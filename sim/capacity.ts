import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { itemSizeBytes } from '../lambdas/store/item-size.ts';
import { createTable, type Table } from '../lambdas/store/table.ts';

/** A table that adds up what each command consumes, indexes included. */
export interface MeteredTable extends Table {
  /** Units since the last call of it. */
  units(): number;
}

interface Consumed {
  readonly CapacityUnits?: number;
}

export interface Result {
  readonly ConsumedCapacity?: Consumed | readonly Consumed[];
  readonly Items?: readonly Record<string, unknown>[];
  readonly Item?: Record<string, unknown>;
  readonly Count?: number;
  readonly ScannedCount?: number;
}

const READ_UNIT_BYTES = 4096;

/**
 * What a read consumes by the rule of DynamoDB, from what it returned: the local emulator counts every read as half a
 * unit, whatever its size. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export function readUnits(result: Result, consistent: boolean): number {
  if (result.ScannedCount !== result.Count) throw new Error('A query read rows that it did not return');
  const items = result.Items ?? (result.Item ? [result.Item] : []);
  const bytes = items.reduce((sum, item) => sum + itemSizeBytes(item), 0);
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (consistent ? 1 : 0.5);
}

export function meteredTable(
  name: string,
  config: ConstructorParameters<typeof DynamoDBClient>[0],
): MeteredTable {
  let units = 0;
  const table = createTable(name, new DynamoDBClient(config ?? {}));
  const { client } = table;
  const metered = Object.assign(Object.create(client) as typeof client, {
    async send(command: Parameters<typeof client.send>[0]) {
      const input = command.input as { ReturnConsumedCapacity?: string; ConsistentRead?: boolean };
      input.ReturnConsumedCapacity = 'INDEXES';
      const result = (await client.send(command)) as Result;
      if (/^(?:Query|Get)Command$/.test(command.constructor.name)) {
        units += readUnits(result, input.ConsistentRead === true);
      } else {
        for (const each of [result.ConsumedCapacity ?? []].flat()) units += each.CapacityUnits ?? Number.NaN;
      }
      return result;
    },
  });
  return {
    name,
    client: metered,
    units() {
      const used = units;
      units = 0;
      return used;
    },
  };
}
