import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import {
  TransactWriteCommand,
  UpdateCommand,
  type TransactWriteCommandInput,
  type UpdateCommandInput,
  type UpdateCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import { awsErrorKind } from '../core/aws-errors.ts';
import type { Table } from './table.ts';

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

/**
 * If two writes change the same item at the same time, DynamoDB refuses one of them. It also cancels a transaction if one of its
 * partitions gets more than 1,000 write units a second. The SDK retries neither. The delays before the tries are random, between
 * half and the whole of 20, 40, 80, … and 1,280 ms. Without randomness, writes that were refused together would be tried again
 * together. The number of tries suits eight shards of the stream, which add to the same counters (test/proof/tally).
 */
const TRIES = 8;
const FIRST_DELAY_MS = 20;

/** Whether a transaction was canceled for this reason, at one of its writes. */
function hasReason(error: TransactionCanceledException, code: string): boolean {
  return error.CancellationReasons?.some((reason) => reason.Code === code) ?? false;
}

/** Whether another write of the same item was in progress or a partition was throttled, and no condition failed. */
function isRetryable(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  if (!(error instanceof TransactionCanceledException)) return false;
  return awsErrorKind(error) === 'transient' && !hasReason(error, 'ConditionalCheckFailed');
}

/** Whether DynamoDB refuses the content of a write, so that no retry can succeed. */
export function isRefusedInput(error: unknown): boolean {
  if (!(error instanceof TransactionCanceledException)) return awsErrorKind(error) === 'input';
  return hasReason(error, 'ValidationError');
}

/**
 * Repeats a write that conflicts with another write of the same item, and a throttled transaction. `random` returns a number in
 * [0, 1). Throws the refusal after the last try, and every other error at once.
 */
export async function retryRefused<T>(
  write: () => Promise<T>,
  random: () => number = Math.random,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // Sequential: the result of this try decides whether there is another try.
      return await write();
    } catch (error) {
      if (attempt === TRIES || !isRetryable(error)) throw error;
      const delayMs = (FIRST_DELAY_MS * 2 ** (attempt - 1) * (1 + random())) / 2;
      await new Promise((resolve) => {
        setTimeout(resolve, delayMs);
      });
    }
  }
}

/** Makes one conditional update. Returns undefined if the condition fails, and throws every other error. */
export async function conditionalUpdate(
  table: Table,
  input: UpdateCommandInput,
): Promise<UpdateCommandOutput | undefined> {
  try {
    return await retryRefused(() => table.client.send(new UpdateCommand(input)), table.random);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** The positions of the writes whose conditions failed and canceled the transaction. None for every other error. */
export function failedConditions(error: unknown): readonly number[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  const positions = error.CancellationReasons?.flatMap(({ Code }, index) =>
    Code === 'ConditionalCheckFailed' ? [index] : [],
  );
  return positions ?? [];
}

/** Makes all of the writes or none. Throws every error, also that of a failed condition. */
export async function transactWriteOrThrow(table: Table, items: TransactItems): Promise<void> {
  await retryRefused(
    () => table.client.send(new TransactWriteCommand({ TransactItems: items })),
    table.random,
  );
}

/** Makes all of the writes or none. Returns false if a condition fails, and throws every other error. */
export async function transactWrite(table: Table, items: TransactItems): Promise<boolean> {
  try {
    await transactWriteOrThrow(table, items);
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceledException && hasReason(error, 'ConditionalCheckFailed'))
      return false;
    throw error;
  }
}
