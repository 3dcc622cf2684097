import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable, type Table } from '../../lambdas/store/table.ts';
import { batchReadUnits, readUnits, type ReadResult } from '../../sim/capacity.ts';

/** A deployed table that adds up the capacity units of every command, indexes included. */
export interface MeteredTable extends Table {
  /** The units since the previous call. */
  units(): number;
}

interface ConsumedCapacity {
  readonly CapacityUnits?: number;
}

type Result = ReadResult & {
  readonly ConsumedCapacity?: ConsumedCapacity | readonly ConsumedCapacity[];
  /** The rows of a BatchGetItem, by table. */
  readonly Responses?: Readonly<Record<string, readonly Record<string, unknown>[]>>;
};

interface Input {
  ReturnConsumedCapacity?: string;
  readonly ConsistentRead?: boolean;
  readonly RequestItems?: Readonly<Record<string, { readonly Keys?: readonly unknown[] }>>;
}

/**
 * The emulator reports the units of a write. It counts every read as half a unit, whatever its size, so the units of a read
 * are computed from its result.
 */
export function meteredTable(
  name: string,
  config: ConstructorParameters<typeof DynamoDBClient>[0],
): MeteredTable {
  let units = 0;
  const table = createTable(name, new DynamoDBClient(config ?? {}));
  const { client } = table;
  const metered = Object.assign(Object.create(client) as typeof client, {
    async send(command: Parameters<typeof client.send>[0]) {
      const input = command.input as Input;
      input.ReturnConsumedCapacity = 'INDEXES';
      const result = (await client.send(command)) as Result;
      if (/^(?:Query|Get)Command$/.test(command.constructor.name)) {
        units += readUnits(result, input.ConsistentRead === true);
      } else if (command.constructor.name === 'BatchGetCommand') {
        const keys = input.RequestItems?.[name]?.Keys?.length ?? Number.NaN;
        units += batchReadUnits(result.Responses?.[name] ?? [], { keys, consistent: false });
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
