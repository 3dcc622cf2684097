import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { InternalError } from '../core/errors.ts';
import type { Key } from './keys.ts';
import type { Row, Table } from './table.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
export const KEYS_PER_BATCH = 100;
/** The delays are 50, 100, 200 and 400 ms. */
const UNPROCESSED_TRIES = 5;
const FIRST_DELAY_MS = 50;

export interface GetOptions {
  /** Consistent reads cost twice as much, and see every write that ended before. */
  readonly consistent?: boolean;
  readonly sleep?: (ms: number) => Promise<void>;
}

/**
 * Reads the rows with these keys, in no particular order. A key without a row is left out, and a repeated key is read once. The
 * reads are eventually consistent by default. Each key then costs half a read unit for each started 4 KB of its row, also if the row
 * does not exist. Throws an InternalError if DynamoDB leaves keys unprocessed after every retry.
 */
export async function getRows(
  table: Table,
  keys: readonly Key[],
  options: GetOptions = {},
): Promise<readonly Row[]> {
  // DynamoDB refuses a batch that contains a key twice.
  const unique = [...new Map(keys.map(({ pk, sk }) => [`${pk}\n${sk}`, { pk, sk }])).values()];
  const batches: Key[][] = [];
  for (let start = 0; start < unique.length; start += KEYS_PER_BATCH) {
    batches.push(unique.slice(start, start + KEYS_PER_BATCH));
  }
  const rows = await Promise.all(batches.map((batch) => getBatch(table, batch, options)));
  return rows.flat();
}

async function getBatch(
  table: Table,
  batch: readonly Key[],
  { consistent = false, sleep = wait }: GetOptions,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let pending: Key[] = [...batch];
  for (let attempt = 1; ; attempt += 1) {
    // Sequential: each try reads the keys that the previous try left unprocessed.
    const response = await table.client.send(
      new BatchGetCommand({ RequestItems: { [table.name]: { Keys: pending, ConsistentRead: consistent } } }),
    );
    rows.push(...((response.Responses?.[table.name] ?? []) as Row[]));
    pending = (response.UnprocessedKeys?.[table.name]?.Keys ?? []) as Key[];
    if (pending.length === 0) return rows;
    if (attempt === UNPROCESSED_TRIES)
      throw new InternalError('DynamoDB left keys unprocessed after every retry');
    await sleep(FIRST_DELAY_MS * 2 ** (attempt - 1));
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
