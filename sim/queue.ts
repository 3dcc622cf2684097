/** An SQS queue with its dead-letter queue, and the event source mapping that invokes a function with its messages. */
import type { SQSRecord } from 'aws-lambda';
import { sqsRecord } from './builders/lambda-events.ts';
import type { Clock } from './clock.ts';
import type { Dice } from './random.ts';

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentMs: number;
  receives: number;
}

export interface SimulatedQueueOptions {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly visibilityMs: number;
  readonly maxReceives: number;
  readonly batchSize: number;
  readonly concurrency: number;
  /** The share of processed messages that SQS delivers a second time. */
  readonly duplicateShare: number;
  /** Returns the ids of the messages that failed. Rejects if the function crashed. */
  readonly consume: (records: readonly SQSRecord[]) => Promise<readonly string[]>;
}

export class SimulatedQueue {
  /** The bodies of messages that were received `maxReceives` times. */
  readonly deadLetters: string[] = [];
  private readonly visible: Message[] = [];
  private runningInvocations = 0;
  private sentCount = 0;

  constructor(private readonly options: SimulatedQueueOptions) {}

  send(body: string): void {
    const { clock } = this.options;
    this.sentCount += 1;
    this.makeVisible({ id: `message-${this.sentCount}`, body, sentMs: clock.nowMs, receives: 0 });
  }

  private makeVisible(message: Message): void {
    if (message.receives >= this.options.maxReceives) {
      this.deadLetters.push(message.body);
      return;
    }
    this.visible.push(message);
    // A short delay, so that messages that arrive together are in one batch.
    this.options.clock.after(50, () => void this.poll());
  }

  private async poll(): Promise<void> {
    const { clock, dice, batchSize, concurrency, visibilityMs, duplicateShare, consume } = this.options;
    if (this.runningInvocations >= concurrency || this.visible.length === 0) return;
    this.runningInvocations += 1;
    const batch: Message[] = [];
    // In random order, because SQS guarantees no order.
    while (batch.length < batchSize && this.visible.length > 0)
      batch.push(...this.visible.splice(dice.below(this.visible.length), 1));
    for (const message of batch) message.receives += 1;
    const visibleMs = clock.nowMs + visibilityMs;
    let failed: ReadonlySet<string>;
    try {
      failed = new Set(await consume(batch.map(({ id, body, sentMs }) => sqsRecord(id, body, sentMs))));
    } catch {
      failed = new Set(batch.map(({ id }) => id));
    }
    this.runningInvocations -= 1;
    for (const message of batch)
      if (failed.has(message.id) || dice.chance(duplicateShare))
        clock.after(visibleMs - clock.nowMs, () => this.makeVisible(message));
    if (this.visible.length > 0) clock.after(0, () => void this.poll());
  }
}
