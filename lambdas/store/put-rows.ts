import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { OwnFault } from '../core/errors.ts';
import type { Row } from './pages.ts';
import type { Table } from './table.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const ROWS_PER_BATCH = 25;
/** 50, 100, 200, 400 ms: what DynamoDB leaves unprocessed for longer than that, the queue gives us again. */
const UNPROCESSED_TRIES = 5;
const FIRST_DELAY_MS = 50;

export interface PutOutcome {
  /** Rows that another try may store: throttled, timed out, not processed. */
  readonly failed: readonly Row[];
  /** Rows that DynamoDB will never take: too large, a bad key. */
  readonly refused: readonly Row[];
  /** Why some failed; absent where DynamoDB only left them unprocessed. */
  readonly fault?: Error;
}

export interface PutDeps {
  readonly sleep: (ms: number) => Promise<void>;
}

export function rowId(row: Row): string {
  return `${row.pk}\n${row.sk}`;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException';
}

/**
 * Puts rows whose keys and content come from the event alone, so that putting one twice changes nothing. Of two rows
 * with one key the last is kept: DynamoDB refuses a whole batch that names a key twice.
 */
export async function putRows(
  table: Table,
  rows: readonly Row[],
  deps: PutDeps = { sleep },
): Promise<PutOutcome> {
  const unique = [...new Map(rows.map((row) => [rowId(row), row])).values()];
  const batches: Row[][] = [];
  for (let start = 0; start < unique.length; start += ROWS_PER_BATCH) {
    batches.push(unique.slice(start, start + ROWS_PER_BATCH));
  }
  return allOf(await Promise.all(batches.map((batch) => putBatch(table, batch, deps))));
}

function allOf(outcomes: readonly PutOutcome[]): PutOutcome {
  const fault = outcomes.find((outcome) => outcome.fault)?.fault;
  return {
    failed: outcomes.flatMap((outcome) => outcome.failed),
    refused: outcomes.flatMap((outcome) => outcome.refused),
    ...(fault && { fault }),
  };
}

async function putBatch(table: Table, batch: readonly Row[], deps: PutDeps): Promise<PutOutcome> {
  let pending = batch;
  for (let attempt = 0; attempt < UNPROCESSED_TRIES; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- the next try depends on what this one left
    if (attempt > 0) await deps.sleep(FIRST_DELAY_MS * 2 ** (attempt - 1));
    try {
      // oxlint-disable-next-line no-await-in-loop
      const answer = await table.client.send(
        new BatchWriteCommand({
          RequestItems: { [table.name]: pending.map((Item) => ({ PutRequest: { Item } })) },
        }),
      );
      pending = (answer.UnprocessedItems?.[table.name] ?? []).map(
        (request) => request.PutRequest?.Item as Row,
      );
      if (pending.length === 0) return { failed: [], refused: [] };
    } catch (error) {
      if (!isRefusal(error)) return { failed: pending, refused: [], fault: error as Error };
      return pending.length === 1 ? { failed: [], refused: pending } : putOneByOne(table, pending, deps);
    }
  }
  return { failed: pending, refused: [], fault: new OwnFault('DynamoDB leaves rows unprocessed') };
}

/** One bad row makes DynamoDB refuse its whole batch: this finds it, and stores its neighbours. */
async function putOneByOne(table: Table, rows: readonly Row[], deps: PutDeps): Promise<PutOutcome> {
  return allOf(await Promise.all(rows.map((row) => putBatch(table, [row], deps))));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
