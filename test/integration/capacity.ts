import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable, type Table } from '../../lambdas/store/table.ts';

/** A table that adds up what DynamoDB says each command consumed, indexes included. */
export interface MeteredTable extends Table {
  /** Units since the last call of it. */
  units(): number;
}

interface Consumed {
  readonly CapacityUnits?: number;
}

export function meteredTable(
  name: string,
  config: ConstructorParameters<typeof DynamoDBClient>[0],
): MeteredTable {
  let units = 0;
  const client = new DynamoDBClient(config ?? {});
  client.middlewareStack.add(
    (next) => async (args) => {
      const input = args.input as unknown as Record<string, unknown>;
      const result = await next({
        ...args,
        input: Object.assign({}, input, { ReturnConsumedCapacity: 'INDEXES' }),
      });
      const consumed = (result.output as { ConsumedCapacity?: Consumed | readonly Consumed[] })
        .ConsumedCapacity;
      for (const each of consumed === undefined ? [] : [consumed].flat()) units += each.CapacityUnits ?? 0;
      return result;
    },
    { step: 'initialize' },
  );
  return {
    ...createTable(name, client),
    units() {
      const used = units;
      units = 0;
      return used;
    },
  };
}
