import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { awsErrorKind } from '../core/aws-errors.ts';
import type { Table } from './table.ts';

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

/** 20, 40, 80, 160 ms: DynamoDB lets one of two that write the same item at once through, and the SDK repeats neither. */
const TRIES = 5;
const FIRST_DELAY_MS = 20;

/** Whether a transaction was canceled for this reason, at one of its writes. */
function hasReason(error: TransactionCanceledException, code: string): boolean {
  return error.CancellationReasons?.some((reason) => reason.Code === code) ?? false;
}

/** Whether another write of the same item was under way, and nothing else was wrong. */
function isConflict(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  if (!(error instanceof TransactionCanceledException)) return false;
  return hasReason(error, 'TransactionConflict') && !hasReason(error, 'ConditionalCheckFailed');
}

/** Whether DynamoDB refuses the content of a write of the transaction, however often it is tried. */
export function isRefusedInput(error: unknown): boolean {
  if (!(error instanceof TransactionCanceledException)) return awsErrorKind(error) === 'input';
  return hasReason(error, 'ValidationError');
}

/** Tries a write again that met another one. */
export async function retryOnConflict<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // Sequential: the next try depends on what this one met.
      return await write();
    } catch (error) {
      if (attempt === TRIES || !isConflict(error)) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, FIRST_DELAY_MS * 2 ** (attempt - 1));
      });
    }
  }
}

/** All of the writes or none. False where a condition of one of them did not hold; throws for every other reason. */
export async function transactWrite(table: Table, items: TransactItems): Promise<boolean> {
  try {
    await retryOnConflict(() => table.client.send(new TransactWriteCommand({ TransactItems: items })));
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceledException && hasReason(error, 'ConditionalCheckFailed'))
      return false;
    throw error;
  }
}
