import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { awsErrorKind } from '../core/aws-errors.ts';
import { InternalError } from '../core/errors.ts';
import { MARSHALL_OPTIONS, type Row, type Table } from './table.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const ROWS_PER_BATCH = 25;
/** 50, 100, 200, 400 ms. Rows that DynamoDB leaves unprocessed for longer come back with their queue message. */
const UNPROCESSED_TRIES = 5;
const FIRST_DELAY_MS = 50;

/** A row that DynamoDB never accepts, and the error that says why. */
export interface RefusedRow {
  readonly row: Row;
  readonly error: Error;
}

export interface PutOutcome {
  /** Rows that a later call may store: the error is transient, or it is ours and needs an operator. */
  readonly failed: readonly Row[];
  /** Rows whose own content is the reason: too large, a bad key, no form in DynamoDB. */
  readonly refused: readonly RefusedRow[];
  /** The first error of a failed row. */
  readonly error?: Error;
}

/** The outcome of one batch, before the outcomes of the other batches are known. */
interface BatchOutcome extends PutOutcome {
  readonly stored: number;
  /** Rows that met an unknown error. The other rows of the call decide what the error means. */
  readonly unexplained: readonly RefusedRow[];
}

export interface PutDeps {
  readonly sleep: (ms: number) => Promise<void>;
}

const NOTHING: BatchOutcome = { stored: 0, failed: [], refused: [], unexplained: [] };

export function rowId(row: Row): string {
  return `${row.pk}\n${row.sk}`;
}

/**
 * Puts rows whose keys and content come from the event alone, so that putting one twice changes nothing. Of two rows
 * with one key the last is kept: DynamoDB refuses a whole batch that names a key twice.
 *
 * One bad row never keeps its neighbors out: a batch that fails with an error that is not transient is written again row
 * by row. An unknown error is the row's own only if another row of the call was stored. If it meets every row, the rows
 * count as failed, because the error is then ours.
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
  const {
    stored,
    failed,
    refused,
    unexplained,
    error: fault,
  } = allOf(await Promise.all(batches.map((batch) => putBatch(table, batch, deps))));
  if (stored > 0 || unexplained.length === 0)
    return { failed, refused: [...refused, ...unexplained], ...(fault && { error: fault }) };
  const cause = fault ?? unexplained[0]?.error;
  return {
    failed: [...failed, ...unexplained.map(({ row }) => row)],
    refused,
    ...(cause && { error: cause }),
  };
}

function allOf(outcomes: readonly BatchOutcome[]): BatchOutcome {
  const fault = outcomes.find((outcome) => outcome.error)?.error;
  return {
    stored: outcomes.reduce((sum, outcome) => sum + outcome.stored, 0),
    failed: outcomes.flatMap((outcome) => outcome.failed),
    refused: outcomes.flatMap((outcome) => outcome.refused),
    unexplained: outcomes.flatMap((outcome) => outcome.unexplained),
    ...(fault && { error: fault }),
  };
}

async function putBatch(table: Table, batch: readonly Row[], deps: PutDeps): Promise<BatchOutcome> {
  let pending = batch;
  for (let attempt = 0; attempt < UNPROCESSED_TRIES; attempt += 1) {
    // Sequential: the next try depends on what this one left.
    if (attempt > 0) await deps.sleep(FIRST_DELAY_MS * 2 ** (attempt - 1));
    try {
      const answer = await table.client.send(
        new BatchWriteCommand({
          RequestItems: { [table.name]: pending.map((Item) => ({ PutRequest: { Item } })) },
        }),
      );
      pending = (answer.UnprocessedItems?.[table.name] ?? []).map(
        (request) => request.PutRequest?.Item as Row,
      );
      if (pending.length === 0) return { ...NOTHING, stored: batch.length };
    } catch (error) {
      const stored = batch.length - pending.length;
      const rest = await afterError(table, { pending, error: error as Error }, deps);
      return { ...rest, stored: stored + rest.stored };
    }
  }
  return {
    ...NOTHING,
    stored: batch.length - pending.length,
    failed: pending,
    error: new InternalError('DynamoDB leaves rows unprocessed'),
  };
}

/** What an error of a batch means for its rows. */
async function afterError(
  table: Table,
  { pending, error }: { readonly pending: readonly Row[]; readonly error: Error },
  deps: PutDeps,
): Promise<BatchOutcome> {
  const kind = awsErrorKind(error);
  if (kind === 'transient') return { ...NOTHING, failed: pending, error: error };
  const [row] = pending;
  if (row === undefined) return NOTHING;
  if (pending.length > 1)
    return allOf(await Promise.all(pending.map((each) => putBatch(table, [each], deps))));
  if (kind === 'operator') return { ...NOTHING, failed: pending, error: error };
  if (kind === 'input' || !hasForm(row)) return { ...NOTHING, refused: [{ row, error }] };
  return { ...NOTHING, unexplained: [{ row, error }] };
}

/** Whether the SDK can write the row as DynamoDB's types: if not, the error was thrown before the request left. */
function hasForm(row: Row): boolean {
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
