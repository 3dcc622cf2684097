/** What our readers take for granted of the table's stream: asked of the model and of the deployed service alike. */
import type { DynamoDBRecord } from 'aws-lambda';
import { expect, it } from 'vitest';
import { KIND, type Key } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/table.ts';

/** A table, and a reader of its stream that hears of new events and commands, as dispatch does. */
export interface StreamUnderTest {
  readonly put: (row: Row) => Promise<void>;
  readonly remove: (key: Key) => Promise<void>;
  /** Lets time pass until it is so. */
  readonly until: (what: string, isSo: () => boolean | Promise<boolean>) => Promise<void>;
  /** Notes of what was given up. */
  readonly discardedCount: () => Promise<number>;
}

/** Takes a batch, or gives the sequence number to go on from; throws where all of it failed. */
export type ConsumeRecords = (records: readonly DynamoDBRecord[]) => string | undefined;

export interface StreamOptions {
  /** Whether it goes on from the sequence number that a reader reports, and halves a batch that fails as a whole. */
  readonly resumes: boolean;
}

function row(pk: string, sk: number | string, kind: string = KIND.event): Row {
  return { pk, sk: String(sk), kind };
}

function keyOf({ dynamodb }: DynamoDBRecord): string {
  return `${dynamodb?.Keys?.['pk']?.S} ${dynamodb?.Keys?.['sk']?.S}`;
}

/** What was taken, in this order, of batches that do not fail. */
function taker(fails: (records: readonly DynamoDBRecord[]) => boolean = () => false) {
  const taken: DynamoDBRecord[] = [];
  const consume: ConsumeRecords = (records) => {
    if (fails(records)) throw new Error('Not taken');
    taken.push(...records);
    return undefined;
  };
  return { taken, consume };
}

function rowsOfOne(count: number): readonly Row[] {
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
  it('tells of new rows of the kinds that its filter names, and of nothing else', async () => {
    const { taken, consume } = taker();
    const stream = await make(consume);
    await stream.put({ ...row('a', 1), count: 1, bytes: new Uint8Array([0, 255]) });
    await stream.put({ ...row('a', 1), count: 2 });
    await stream.remove({ pk: 'a', sk: '1' });
    await putAll(stream, [row('b', 1, KIND.counters), row('c', 1, KIND.command), row('d', 1)]);
    await stream.until('the last of them', () => taken.some((record) => keyOf(record) === 'd 1'));
    expect(taken.map(keyOf).toSorted()).toEqual(['a 1', 'c 1', 'd 1']);
    expect(taken.map(({ eventName }) => eventName)).toEqual(['INSERT', 'INSERT', 'INSERT']);
    const image = taken.find((record) => keyOf(record) === 'a 1')?.dynamodb?.NewImage;
    expect(image).toMatchObject({ kind: { S: KIND.event }, count: { N: '1' }, bytes: { B: 'AP8=' } });
  });

  it('keeps the order of one partition, and gives a batch that failed again before what follows', async () => {
    let failures = 2;
    const { taken, consume } = taker(() => (failures -= 1) >= 0);
    const stream = await make(consume);
    const rows = rowsOfOne(30);
    await putAll(stream, rows);
    await stream.until('all of them', () => taken.length >= rows.length);
    expect(taken.map(keyOf)).toEqual(names(rows));
    const sequence = taken.map(({ dynamodb }) => BigInt(dynamodb?.SequenceNumber ?? ''));
    expect(sequence).toEqual(sequence.toSorted((left, right) => (left < right ? -1 : 1)));
  });

  it('gives up what fails until it is too old, leaves a note of it, and goes on', async () => {
    const { taken, consume } = taker((records) => records.some((record) => keyOf(record) === 'one 0'));
    const stream = await make(consume);
    await stream.put(row('one', 0));
    await stream.until('the note', async () => (await stream.discardedCount()) > 0);
    await stream.put(row('one', 1));
    await stream.until('the next', () => taken.length > 0);
    expect(taken.map(keyOf)).toEqual(['one 1']);
    expect(await stream.discardedCount()).toBe(1);
  });

  it.runIf(resumes)('goes on from the record that the reader reports, and with none before it', async () => {
    const reported = new Set(['one 3', 'one 7']);
    const taken: string[] = [];
    const stream = await make((records) => {
      const at = records.findIndex((record) => reported.delete(keyOf(record)));
      taken.push(...(at === -1 ? records : records.slice(0, at)).map(keyOf));
      return records[at]?.dynamodb?.SequenceNumber;
    });
    const rows = rowsOfOne(10);
    await putAll(stream, rows);
    await stream.until('all of them', () => taken.length >= rows.length);
    expect(taken).toEqual(names(rows));
  });

  it.runIf(resumes)(
    'halves a batch that fails as a whole, until what is wrong with it is alone',
    async () => {
      const { taken, consume } = taker((records) => records.some((record) => keyOf(record) === 'one 4'));
      const stream = await make(consume);
      const rows = rowsOfOne(10);
      await putAll(stream, rows);
      await stream.until('all others', () => taken.length >= rows.length - 1);
      expect(taken.map(keyOf)).toEqual(names(rows).filter((name) => name !== 'one 4'));
      expect(await stream.discardedCount()).toBe(1);
    },
  );
}
