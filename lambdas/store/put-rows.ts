import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { awsErrorKind } from '../core/aws-errors.ts';
import { InternalError } from '../core/errors.ts';
import type { Key } from './keys.ts';
import { MARSHALL_OPTIONS, type Row, type Table } from './table.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const ROWS_PER_BATCH = 25;
/** The delays are 50, 100, 200 and 400 ms. Rows that are still unprocessed then count as failed, and SQS delivers their message again. */
const UNPROCESSED_TRIES = 5;
const FIRST_DELAY_MS = 50;

/** A row that DynamoDB never accepts, with the error that names the reason. */
export interface RefusedRow {
  readonly row: Row;
  readonly error: Error;
}

export interface PutOutcome {
  /** Rows that a later call may store, because the error is transient or an operator can fix it. */
  readonly failed: readonly Row[];
  /** Rows that are invalid: too large, with a bad key, or with a value that DynamoDB has no type for. */
  readonly refused: readonly RefusedRow[];
  /** The first error of a failed row. */
  readonly error?: Error;
}

/** The outcome of one batch, before the outcomes of the other batches are known. */
interface BatchOutcome extends PutOutcome {
  readonly stored: number;
  /**
   * Rows that failed with an error whose cause is unknown: the row itself, or a problem on our side. `putRows` decides. If it
   * stored any other row of the call, the row is the cause and is refused. Otherwise the row counts as failed.
   */
  readonly unexplained: readonly RefusedRow[];
}

export interface PutDeps {
  readonly sleep: (ms: number) => Promise<void>;
}

const NO_ROWS: BatchOutcome = { stored: 0, failed: [], refused: [], unexplained: [] };

export function rowId({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}

/**
 * Puts rows that can be written again without harm. The rows of an SES message depend only on the message, its workspace and the
 * retention option. So if SQS delivers the message again, the same rows replace themselves. After an operator has changed the
 * retention option, only `ttl` changes. If two rows have the same key, only the last one is put, because DynamoDB refuses a
 * batch that contains a key twice.
 *
 * One bad row never blocks the rest of its batch. After an error that is not transient, the rows of the batch are written
 * one by one. A row with an unknown error is refused only if another row of the call was stored. If every row gets the
 * unknown error, the cause is on our side, and the rows count as failed.
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
  const outcomes = await Promise.all(batches.map((batch) => putBatch(table, batch, deps)));
  const { stored, failed, refused, unexplained, error: firstError } = mergeOutcomes(outcomes);
  if (stored > 0 || unexplained.length === 0)
    return { failed, refused: [...refused, ...unexplained], ...(firstError && { error: firstError }) };
  const error = firstError ?? unexplained[0]?.error;
  return {
    failed: [...failed, ...unexplained.map(({ row }) => row)],
    refused,
    ...(error && { error }),
  };
}

function mergeOutcomes(outcomes: readonly BatchOutcome[]): BatchOutcome {
  const error = outcomes.find((outcome) => outcome.error)?.error;
  return {
    stored: outcomes.reduce((sum, outcome) => sum + outcome.stored, 0),
    failed: outcomes.flatMap((outcome) => outcome.failed),
    refused: outcomes.flatMap((outcome) => outcome.refused),
    unexplained: outcomes.flatMap((outcome) => outcome.unexplained),
    ...(error && { error }),
  };
}

async function putBatch(table: Table, batch: readonly Row[], deps: PutDeps): Promise<BatchOutcome> {
  let pending = batch;
  for (let attempt = 0; attempt < UNPROCESSED_TRIES; attempt += 1) {
    // Sequential: the next try writes the rows that this try left unprocessed.
    if (attempt > 0) await deps.sleep(FIRST_DELAY_MS * 2 ** (attempt - 1));
    try {
      const response = await table.client.send(
        new BatchWriteCommand({
          RequestItems: { [table.name]: pending.map((Item) => ({ PutRequest: { Item } })) },
        }),
      );
      pending = (response.UnprocessedItems?.[table.name] ?? []).map(
        (request) => request.PutRequest?.Item as Row,
      );
      if (pending.length === 0) return { ...NO_ROWS, stored: batch.length };
    } catch (error) {
      const stored = batch.length - pending.length;
      const rest = await handleBatchError(table, { pending, error: error as Error }, deps);
      return { ...rest, stored: stored + rest.stored };
    }
  }
  return {
    ...NO_ROWS,
    stored: batch.length - pending.length,
    failed: pending,
    error: new InternalError('DynamoDB left rows unprocessed after every retry'),
  };
}

/** Decides from an error of a batch whether its rows are refused, failed or written one by one. */
async function handleBatchError(
  table: Table,
  { pending, error }: { readonly pending: readonly Row[]; readonly error: Error },
  deps: PutDeps,
): Promise<BatchOutcome> {
  const kind = awsErrorKind(error);
  if (kind === 'transient') return { ...NO_ROWS, failed: pending, error };
  const [row] = pending;
  if (row === undefined) return NO_ROWS;
  if (pending.length > 1)
    return mergeOutcomes(await Promise.all(pending.map((each) => putBatch(table, [each], deps))));
  if (kind === 'operator') return { ...NO_ROWS, failed: pending, error };
  if (kind === 'input' || !canMarshall(row)) return { ...NO_ROWS, refused: [{ row, error }] };
  return { ...NO_ROWS, unexplained: [{ row, error }] };
}

/** Whether the SDK can convert the row to DynamoDB's types. If not, it throws before it sends the request. */
function canMarshall(row: Row): boolean {
  try {
    marshall(row, MARSHALL_OPTIONS);
    return true;
  } catch {
    return false;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
