/** The behavior of DynamoDB Streams that dispatch and tally rely on, tested on the model and on the emulator. */
import type { DynamoDBRecord } from 'aws-lambda';
import { expect, it } from 'vitest';
import { KIND, type Key } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/table.ts';

/** A table, and a function that reads its stream through the filters of tally. */
export interface StreamUnderTest {
  readonly put: (row: Row) => Promise<void>;
  readonly remove: (key: Key) => Promise<void>;
  /** Lets time pass until the condition is true. `event` describes it in an error. */
  readonly until: (event: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
  /** The number of discarded records that were reported to the failure destination. */
  readonly discardedCount: () => Promise<number>;
}

/**
 * Processes a batch and returns the sequence number from which it is retried; undefined if all records succeeded. Throws if the
 * whole batch failed.
 */
export type ConsumeRecords = (records: readonly DynamoDBRecord[]) => string | undefined;

export interface StreamOptions {
  /** Whether a batch is retried from the sequence number that the function returns, and halved if the whole batch fails. */
  readonly resumes: boolean;
}

function row(pk: string, sk: number | string, kind: string = KIND.event): Row {
  return { pk, sk: String(sk), kind };
}

function keyOf({ dynamodb }: DynamoDBRecord): string {
  return `${dynamodb?.Keys?.['pk']?.S} ${dynamodb?.Keys?.['sk']?.S}`;
}

/** A function that records the processed records in order, and fails for some batches. */
function recorder(fails: (records: readonly DynamoDBRecord[]) => boolean = () => false) {
  const processed: DynamoDBRecord[] = [];
  const consume: ConsumeRecords = (records) => {
    if (fails(records)) throw new Error('The batch failed');
    processed.push(...records);
    return undefined;
  };
  return { processed, consume };
}

function rowsOfOnePartition(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, index) => row('one', index));
}

async function putAll({ put }: StreamUnderTest, rows: readonly Row[]): Promise<void> {
  for (const each of rows) await put(each);
}

const names = (rows: readonly Row[]): readonly string[] => rows.map(({ pk, sk }) => `${pk} ${sk}`);

export function testStream(
  make: (consume: ConsumeRecords) => Promise<StreamUnderTest>,
  { resumes }: StreamOptions,
): void {
  it('reports only new rows that match one of its filters', async () => {
    const { processed, consume } = recorder();
    const stream = await make(consume);
    await stream.put({ ...row('a', 1), count: 1, bytes: new Uint8Array([0, 255]) });
    await stream.put({ ...row('a', 1), count: 2 });
    await stream.remove({ pk: 'a', sk: '1' });
    await putAll(stream, [
      row('b', 1, KIND.counters),
      row('c', 1, KIND.attempt),
      row('d', 1, KIND.delivery),
      { ...row('e', 1, KIND.delivery), attempt: {} },
      { ...row('f', 1, KIND.delivery), attempt: { number: 1, started_at: '2026-03-01T00:00:00Z' } },
      row('g', 1),
    ]);
    await stream.until('the last record', () => processed.some((record) => keyOf(record) === 'g 1'));
    expect(processed.map(keyOf).toSorted()).toEqual(['a 1', 'c 1', 'f 1', 'g 1']);
    expect(new Set(processed.map(({ eventName }) => eventName))).toEqual(new Set(['INSERT']));
    const image = processed.find((record) => keyOf(record) === 'a 1')?.dynamodb?.NewImage;
    expect(image).toMatchObject({ kind: { S: KIND.event }, count: { N: '1' }, bytes: { B: 'AP8=' } });
  });

  it('keeps the order of one partition, and retries a failed batch before the records after it', async () => {
    let failures = 2;
    const { processed, consume } = recorder(() => (failures -= 1) >= 0);
    const stream = await make(consume);
    const rows = rowsOfOnePartition(30);
    await putAll(stream, rows);
    await stream.until('all records', () => processed.length >= rows.length);
    expect(processed.map(keyOf)).toEqual(names(rows));
    const sequence = processed.map(({ dynamodb }) => BigInt(dynamodb?.SequenceNumber ?? ''));
    expect(sequence).toEqual(sequence.toSorted((left, right) => (left < right ? -1 : 1)));
  });

  it('discards and reports a record that fails until its maximum age, and continues', async () => {
    const { processed, consume } = recorder((records) => records.some((record) => keyOf(record) === 'one 0'));
    const stream = await make(consume);
    await stream.put(row('one', 0));
    await stream.until('the report', async () => (await stream.discardedCount()) > 0);
    await stream.put(row('one', 1));
    await stream.until('the next record', () => processed.length > 0);
    expect(processed.map(keyOf)).toEqual(['one 1']);
    expect(await stream.discardedCount()).toBe(1);
  });

  it.runIf(resumes)('retries from the record that the function reports', async () => {
    const failOnce = new Set(['one 3', 'one 7']);
    const processed: string[] = [];
    const stream = await make((records) => {
      const failedIndex = records.findIndex((record) => failOnce.delete(keyOf(record)));
      processed.push(...(failedIndex === -1 ? records : records.slice(0, failedIndex)).map(keyOf));
      return records[failedIndex]?.dynamodb?.SequenceNumber;
    });
    const rows = rowsOfOnePartition(10);
    await putAll(stream, rows);
    await stream.until('all records', () => processed.length >= rows.length);
    expect(processed).toEqual(names(rows));
  });

  it.runIf(resumes)('halves a failed batch until the failing record is alone', async () => {
    const { processed, consume } = recorder((records) => records.some((record) => keyOf(record) === 'one 4'));
    const stream = await make(consume);
    const rows = rowsOfOnePartition(10);
    await putAll(stream, rows);
    await stream.until('all other records', () => processed.length >= rows.length - 1);
    expect(processed.map(keyOf)).toEqual(names(rows).filter((name) => name !== 'one 4'));
    expect(await stream.discardedCount()).toBe(1);
  });
}
