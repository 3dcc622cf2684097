/** A queue and the Lambda function it feeds, as SQS and its event source mapping go about it. */
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
  /** How often SQS hands a message out again that was taken care of. */
  readonly duplicateShare: number;
  /** Gives the ids that failed; rejects where the function died. */
  readonly consume: (records: readonly SQSRecord[]) => Promise<readonly string[]>;
}

export class SimulatedQueue {
  readonly deadLetters: string[] = [];
  private readonly visible: Message[] = [];
  private busy = 0;
  private sent = 0;

  constructor(private readonly options: SimulatedQueueOptions) {}

  send(body: string): void {
    const { clock } = this.options;
    this.sent += 1;
    this.show({ id: `message-${this.sent}`, body, sentMs: clock.nowMs, receives: 0 });
  }

  private show(message: Message): void {
    if (message.receives >= this.options.maxReceives) {
      this.deadLetters.push(message.body);
      return;
    }
    this.visible.push(message);
    // A moment, so that what arrives together is handed over together.
    this.options.clock.after(50, () => void this.poll());
  }

  private async poll(): Promise<void> {
    const { clock, dice, batchSize, concurrency, visibilityMs, duplicateShare, consume } = this.options;
    if (this.busy >= concurrency || this.visible.length === 0) return;
    this.busy += 1;
    const batch: Message[] = [];
    // In no order: SQS keeps none.
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
    this.busy -= 1;
    for (const message of batch)
      if (failed.has(message.id) || dice.chance(duplicateShare))
        clock.after(visibleMs - clock.nowMs, () => this.show(message));
    if (this.visible.length > 0) clock.after(0, () => void this.poll());
  }
}
