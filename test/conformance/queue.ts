/** What ingest takes for granted of its queue: asked of the model and of the deployed service alike. */
import type { SQSRecord } from 'aws-lambda';
import { expect, it } from 'vitest';

/** A queue that feeds a function. */
export interface QueueUnderTest {
  readonly send: (body: string) => Promise<void>;
  /** Lets time pass until it is so. */
  readonly until: (what: string, isSo: () => boolean | Promise<boolean>) => Promise<void>;
  /** Bodies in the dead-letter queue. */
  readonly deadLetters: () => Promise<readonly string[]>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Gives the ids of those that failed; throws where all of them did. */
export type ConsumeMessages = (records: readonly SQSRecord[]) => readonly string[];

/** Many times what the emulator needs to start a function: a message that is being handled must not come back. */
export const VISIBILITY_SECONDS = 6;
export const MAX_RECEIVES = 3;
/** The clocks of the queue and of the test round differently. */
const ROUNDING_MS = 100;

function timesOf(received: ReadonlyMap<string, readonly number[]>, body: string): number {
  return received.get(body)?.length ?? 0;
}

export function testQueue(make: (consume: ConsumeMessages) => Promise<QueueUnderTest>): void {
  /** Sends each body; whether a message fails is told by its body, and how often it has come. */
  async function sendTo(bodies: readonly string[], fails: (body: string, times: number) => boolean) {
    const received = new Map<string, number[]>();
    const queued = await make((records) => {
      for (const { body } of records) received.set(body, [...(received.get(body) ?? []), queued.now()]);
      return records.flatMap(({ body, messageId }) =>
        fails(body, timesOf(received, body)) ? [messageId] : [],
      );
    });
    const sentMs = queued.now();
    await Promise.all(bodies.map((body) => queued.send(body)));
    return { queued, received, sentMs };
  }

  it('gives what failed again when it is visible again, and what was taken care of never', async () => {
    const bodies = ['one', 'two', 'three', 'bad'];
    const { queued, received, sentMs } = await sendTo(bodies, (body, times) => body === 'bad' && times === 1);
    await queued.until('the second time', () => timesOf(received, 'bad') === 2);
    expect(bodies.map((body) => timesOf(received, body))).toEqual([1, 1, 1, 2]);
    // The queue counts from the moment it hands a message out, which the function hears of late; the message was sent before.
    const [, second = 0] = received.get('bad') ?? [];
    expect(second - sentMs).toBeGreaterThan(VISIBILITY_SECONDS * 1000 - ROUNDING_MS);
  });

  it('gives a batch whose function failed again, all of it', async () => {
    const bodies = ['one', 'two', 'three'];
    const { queued, received } = await sendTo(bodies, (_body, times) => {
      if (times === 1) throw new Error('Not taken');
      return false;
    });
    const all = (): boolean => bodies.every((body) => timesOf(received, body) >= 2);
    await queued.until('all of them again', all);
    expect(await queued.deadLetters()).toEqual([]);
  });

  it('sets aside what was received as often as it may be, and nothing beside it', async () => {
    const { queued, received } = await sendTo(['one', 'poison', 'two'], (body) => body === 'poison');
    await queued.until('the dead letter', async () => (await queued.deadLetters()).length > 0);
    expect(await queued.deadLetters()).toEqual(['poison']);
    expect(['one', 'poison', 'two'].map((body) => timesOf(received, body))).toEqual([1, MAX_RECEIVES, 1]);
  });
}
