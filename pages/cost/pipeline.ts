/** Passes emails and webhooks through the Lambda functions, in the batches that Lambda forms at a pace. */
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import { DISPATCHED_KINDS } from '../../lib/dispatch-stream.ts';
import { KIND } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { sqsRecord, streamRecord } from '../../sim/builders/lambda-events.ts';
import { assumed } from './assumptions.ts';
import type { Functions } from './functions.ts';
import { Machines, type MachineCounts } from './machines.ts';
import { StreamReader } from './stream.ts';
import { Timeline } from './timeline.ts';

/**
 * `burst`: all emails at once, in full batches. `steady`: ten emails a second, whose webhooks go to one endpoint. `trickle`:
 * a million emails evenly over a month.
 */
export type Pace = 'burst' | 'steady' | 'trickle';

/** The row kinds that the stream filter of dispatch selects. */
const DISPATCHED: ReadonlySet<unknown> = new Set(DISPATCHED_KINDS);
/** Whether the stream filter of tally selects a row. */
function isTallied({ kind, attempt }: Row): boolean {
  return (
    kind === KIND.event ||
    kind === KIND.firstDelay ||
    kind === KIND.attempt ||
    (kind === KIND.delivery && attempt !== undefined)
  );
}

/** In a burst, this is longer than the ingest of all emails takes, and shorter than the time between their two events. */
const BURST_POLL_MS = 1_000;

/** The next multiple of an interval. */
function nextMultiple(ms: number, intervalMs: number): number {
  return (Math.floor(ms / intervalMs) + 1) * intervalMs;
}

export class Pipeline {
  readonly timeline: Timeline;
  private readonly machines: Machines;
  private readonly messages: SQSRecord[] = [];
  private readonly dispatchReader: StreamReader;
  private readonly tallyReader: StreamReader;
  /** The ends of the tumbling windows in which tally was invoked. */
  private readonly tallyWindows = new Set<string>();
  private sequence = 0;

  constructor(
    private readonly functions: Functions,
    pace: Pace,
  ) {
    const { deployment, meter, table } = functions;
    const { batchSize, dispatchParallelization, tallyWindowSeconds } = deployment;
    this.timeline = new Timeline(meter);
    this.machines = new Machines(functions, this.timeline, pace);
    const now = (): number => meter.nowMs;
    const isBurst = pace === 'burst';
    const source = { timeline: this.timeline, now, shards: isBurst ? 1 : assumed('streamShards') };
    this.dispatchReader = new StreamReader({
      ...source,
      // In a burst, every lane has full batches. So one lane is enough to count them.
      parallelization: isBurst ? 1 : dispatchParallelization,
      batchSize: batchSize.dispatch,
      readAtMs: (nowMs) => (isBurst ? nowMs + BURST_POLL_MS : nextMultiple(nowMs, assumed('streamPollMs'))),
      read: (_shardId, records) => this.dispatch(records),
    });
    this.tallyReader = new StreamReader({
      ...source,
      parallelization: 1,
      batchSize: batchSize.tally,
      // A batch ends with its window: the batching window, or the tumbling window if that ends first.
      readAtMs: (nowMs) => Math.min(nowMs + tallyWindowSeconds * 1000, this.tumblingEndMs(nowMs)),
      read: (shardId, records) => this.tally(shardId, records),
    });
    table.onInsert = (row) => this.onInsert(row);
  }

  /** Publishes an SES event to the topic, which delivers it to the ingest queue. */
  publish(body: string): void {
    const { meter } = this.functions;
    meter.count('sns.publish');
    meter.count('sqs.request');
    this.messages.push(sqsRecord(`message-${(this.sequence += 1)}`, body, Date.now()));
    // Events that are published at the same time are received together.
    if (this.messages.length === 1) this.timeline.at(meter.nowMs, () => this.ingest());
  }

  machineCounts(factor: number): MachineCounts {
    return this.machines.counts(factor);
  }

  private onInsert(row: Row): void {
    this.functions.meter.count('dynamodb.stream');
    const record = streamRecord(row, (this.sequence += 1));
    if (DISPATCHED.has(row['kind'])) this.dispatchReader.receive(row, record);
    if (isTallied(row)) this.tallyReader.receive(row, record);
  }

  private async ingest(): Promise<void> {
    const { meter, ingest, deployment } = this.functions;
    const startMs = meter.nowMs;
    while (this.messages.length > 0) {
      // The batches are processed at the same time.
      meter.nowMs = startMs;
      const Records = this.messages.splice(0, deployment.batchSize.ingest);
      const { batchItemFailures } = await ingest({ Records });
      if (batchItemFailures.length > 0) throw new Error('A message was not stored');
      // One request receives the batch, and one deletes it.
      meter.count('sqs.request', 2);
    }
  }

  private async dispatch(records: readonly DynamoDBRecord[]): Promise<void> {
    const { dispatch } = this.functions;
    const { batchItemFailures } = await dispatch({ Records: [...records] });
    if (batchItemFailures.length > 0) throw new Error('A row was not dispatched');
    this.machines.runStarted();
  }

  private tumblingEndMs(nowMs: number): number {
    return nextMultiple(nowMs, this.functions.deployment.tallyTumblingSeconds * 1000);
  }

  private async tally(shardId: string, Records: readonly DynamoDBRecord[]): Promise<void> {
    const { meter, tally } = this.functions;
    // A record that arrives at the end of a window belongs to that window.
    const endMs = this.tumblingEndMs(meter.nowMs - 1);
    await tally({ shardId, Records });
    const window = `${shardId} ${endMs}`;
    if (this.tallyWindows.has(window)) return;
    this.tallyWindows.add(window);
    // Lambda closes the window with an invocation without records.
    this.timeline.at(endMs, async () => void (await tally({ shardId, Records: [] })));
  }
}
