import type { Row } from '../../lambdas/store/table.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';
import { batchReadUnits, readUnits, storedBytes, writeUnits, type ReadResult } from '../../sim/capacity.ts';
import { parseInsert, type Statement } from '../../sim/partiql.ts';

interface Write {
  readonly Item?: Row;
  readonly Key?: { readonly pk: string; readonly sk: string };
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Write & {
    readonly ConsistentRead?: boolean;
    readonly RequestItems?: Readonly<Record<string, unknown>>;
    readonly Statements?: readonly Statement[];
    readonly TransactItems?: readonly Readonly<Record<string, Write | undefined>>[];
  };
}

export interface CountingTable extends SimulatedTable {
  /** The stored bytes that AWS bills: `table` without the indexes, `all` with them. */
  stored(overhead: number): { readonly table: number; readonly all: number };
}

/** The writes of a command. A read command has none. */
function writesOf({ constructor: { name }, input }: Command): readonly Write[] {
  if (name === 'BatchWriteCommand')
    return Object.values(input.RequestItems ?? {}).flatMap((requests) =>
      (requests as readonly { readonly PutRequest?: Write }[]).map(({ PutRequest }) => PutRequest ?? {}),
    );
  if (name === 'BatchExecuteStatementCommand')
    return (input.Statements ?? []).map((statement) => ({ Item: parseInsert(statement).item }));
  if (name === 'TransactWriteCommand')
    return (input.TransactItems ?? []).map((item) => Object.values(item)[0] ?? {});
  return /^(?:Put|Update|Delete)Command$/.test(name) ? [input] : [];
}

interface BatchGetResult {
  readonly Responses?: Readonly<Record<string, readonly Row[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys: readonly unknown[] }>>;
}

function readUnitsOf({ input }: Command, result: ReadResult & BatchGetResult): number {
  const consistent = input.ConsistentRead === true;
  if (!result.Responses)
    return readUnits({ ...result, ScannedCount: result.Count ?? 0, Count: result.Count ?? 0 }, consistent);
  const requests = Object.entries(input.RequestItems ?? {}) as readonly (readonly [
    string,
    { readonly Keys: readonly unknown[]; readonly ConsistentRead?: boolean },
  ])[];
  return requests.reduce((sum, [table, { Keys, ConsistentRead = false }]) => {
    const keys = Keys.length - (result.UnprocessedKeys?.[table]?.Keys.length ?? 0);
    return sum + batchReadUnits(result.Responses?.[table] ?? [], { keys, consistent: ConsistentRead });
  }, 0);
}

/** A simulated table. It reports the read or write units that DynamoDB would bill for each command. */
export function countingTable(
  count: (item: 'dynamodb.write' | 'dynamodb.read', units: number) => void,
): CountingTable {
  const table = simulatedTable();
  const run = table.client.send.bind(table.client) as unknown as (command: Command) => Promise<ReadResult>;

  async function send(command: Command): Promise<ReadResult> {
    const keys = writesOf(command).map(({ Key, Item }) => `${(Key ?? Item)?.pk}\n${(Key ?? Item)?.sk}`);
    const transactional = command.constructor.name === 'TransactWriteCommand';
    const before = keys.map((key) => table.rows.get(key));
    try {
      const result = await run(command);
      if (keys.length === 0) count('dynamodb.read', readUnitsOf(command, result));
      return result;
    } finally {
      for (const [index, key] of keys.entries())
        count('dynamodb.write', writeUnits(before[index], table.rows.get(key), { transactional }));
    }
  }

  return Object.assign(table, {
    client: { send } as unknown as SimulatedTable['client'],
    stored(overhead: number) {
      const sizes = [...table.rows.values()].map((row) => storedBytes(row, overhead));
      return {
        table: sizes.reduce((sum, each) => sum + each.table, 0),
        all: sizes.reduce((sum, each) => sum + each.all, 0),
      };
    },
  });
}
