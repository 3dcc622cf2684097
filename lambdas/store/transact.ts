import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Table } from './table.ts';

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

/** All of the writes or none. False where a condition of one of them did not hold; throws for every other reason. */
export async function transactWrite(table: Table, items: TransactItems): Promise<boolean> {
  try {
    await table.client.send(new TransactWriteCommand({ TransactItems: items }));
    return true;
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const codes = (error.CancellationReasons ?? []).map((reason) => reason.Code);
    if (codes.includes('ConditionalCheckFailed')) return false;
    throw error;
  }
}
