/** The behavior of SQS that ingest relies on, tested on the model and on the emulator. */
import type { SQSRecord } from 'aws-lambda';
import { expect, it } from 'vitest';

/** A queue that invokes a function with its messages. */
export interface QueueUnderTest {
  readonly send: (body: string) => Promise<void>;
  /** Lets time pass until the condition is true. `event` describes it in an error. */
  readonly until: (event: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
  /** The bodies in the dead-letter queue. */
  readonly deadLetters: () => Promise<readonly string[]>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Processes a batch and returns the ids of the failed messages. Throws if the whole batch failed. */
export type ConsumeMessages = (records: readonly SQSRecord[]) => readonly string[];

/** Many times longer than the emulator needs to start a function. Otherwise a message would be delivered again during its processing. */
export const VISIBILITY_SECONDS = 6;
export const MAX_RECEIVES = 3;
/** The queue and the test round times differently. */
const ROUNDING_MS = 100;

function receiveCount(received: ReadonlyMap<string, readonly number[]>, body: string): number {
  return received.get(body)?.length ?? 0;
}

export function testQueue(make: (consume: ConsumeMessages) => Promise<QueueUnderTest>): void {
  /** Sends each body. `fails` decides by the body and its receive count whether a message fails. */
  async function sendAll(bodies: readonly string[], fails: (body: string, count: number) => boolean) {
    const received = new Map<string, number[]>();
    const queue = await make((records) => {
      for (const { body } of records) received.set(body, [...(received.get(body) ?? []), queue.now()]);
      return records.flatMap(({ body, messageId }) =>
        fails(body, receiveCount(received, body)) ? [messageId] : [],
      );
    });
    const sentMs = queue.now();
    await Promise.all(bodies.map((body) => queue.send(body)));
    return { queue, received, sentMs };
  }

  it('delivers only the failed message again, after its visibility timeout', async () => {
    const bodies = ['one', 'two', 'three', 'bad'];
    const { queue, received, sentMs } = await sendAll(bodies, (body, count) => body === 'bad' && count === 1);
    await queue.until('the second delivery', () => receiveCount(received, 'bad') === 2);
    expect(bodies.map((body) => receiveCount(received, body))).toEqual([1, 1, 1, 2]);
    // The timeout begins when the queue delivers the message. That time is not known, so the test uses the earlier time of sending.
    const [, second = 0] = received.get('bad') ?? [];
    expect(second - sentMs).toBeGreaterThan(VISIBILITY_SECONDS * 1000 - ROUNDING_MS);
  });

  it('delivers the whole batch again if the function failed', async () => {
    const bodies = ['one', 'two', 'three'];
    const { queue, received } = await sendAll(bodies, (_body, count) => {
      if (count === 1) throw new Error('The batch failed');
      return false;
    });
    const allDeliveredAgain = (): boolean => bodies.every((body) => receiveCount(received, body) >= 2);
    await queue.until('a second delivery of all messages', allDeliveredAgain);
    expect(await queue.deadLetters()).toEqual([]);
  });

  it('moves only the message that exceeds the maximum receive count to the dead-letter queue', async () => {
    const { queue, received } = await sendAll(['one', 'poison', 'two'], (body) => body === 'poison');
    await queue.until(
      'a message in the dead-letter queue',
      async () => (await queue.deadLetters()).length > 0,
    );
    expect(await queue.deadLetters()).toEqual(['poison']);
    expect(['one', 'poison', 'two'].map((body) => receiveCount(received, body))).toEqual([
      1,
      MAX_RECEIVES,
      1,
    ]);
  });
}
