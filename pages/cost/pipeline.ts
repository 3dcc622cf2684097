/** Passes emails and webhooks through the Lambda functions, in full batches or in batches of one. */
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import { deliverDefinition } from '../../lib/deliver-machine.ts';
import { redeliverDefinition } from '../../lib/redeliver-machine.ts';
import type { DeliverInput } from '../../lambdas/core/deliveries.ts';
import { KIND } from '../../lambdas/store/keys.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { sqsRecord, streamRecord } from '../../sim/builders/lambda-events.ts';
import type { Clock } from '../../sim/clock.ts';
import { runExecution, type StateMachineDefinition } from '../../sim/state-machine.ts';
import { assumed } from './assumptions.ts';
import type { Functions } from './functions.ts';

/** `burst`: all emails at once, in full batches. `trickle`: evenly over a month, with one record per batch. */
export type Pace = 'burst' | 'trickle';

const DELIVER = deliverDefinition({
  partition: 'aws',
  deliverFunctionArn: 'deliver',
  redeliverMachineArn: 'redeliver',
  deadLetterQueueUrl: 'dead-letters',
}) as StateMachineDefinition;
const REDELIVER = redeliverDefinition({ deliverFunctionArn: 'deliver' }) as StateMachineDefinition;

/** The row kinds that the stream filter of dispatch selects. */
const DISPATCHED_KINDS: ReadonlySet<unknown> = new Set([KIND.event, KIND.command]);
/** The row kinds that the stream filter of tally selects. */
const TALLIED_KINDS: ReadonlySet<unknown> = new Set([KIND.event, KIND.attempt]);

export class Pipeline {
  private readonly messages: SQSRecord[] = [];
  private readonly dispatched: DynamoDBRecord[] = [];
  private readonly tallied: DynamoDBRecord[] = [];
  private sequence = 0;

  constructor(
    private readonly functions: Functions,
    private readonly pace: Pace,
  ) {
    functions.table.onInsert = (row) => this.onInsert(row);
  }

  /** Publishes an SES event to the topic, which delivers it to the ingest queue. */
  publish(body: string): void {
    const { meter } = this.functions;
    meter.count('sns.publish');
    meter.count('sqs.request');
    this.messages.push(sqsRecord(`message-${(this.sequence += 1)}`, body, Date.now()));
  }

  private onInsert(row: Row): void {
    this.functions.meter.count('dynamodb.stream');
    const record = streamRecord(row, (this.sequence += 1));
    if (DISPATCHED_KINDS.has(row['kind'])) this.dispatched.push(record);
    if (TALLIED_KINDS.has(row['kind'])) this.tallied.push(record);
  }

  /** Runs ingest, dispatch and tally until no message and no record is left. */
  async drain(): Promise<void> {
    const { ingest, dispatch, tally } = this.functions.deployment.batchSize;
    while (this.messages.length + this.dispatched.length + this.tallied.length > 0) {
      while (this.messages.length > 0) await this.ingest(this.batch(this.messages, ingest));
      while (this.dispatched.length > 0) await this.dispatch(this.batch(this.dispatched, dispatch));
      while (this.tallied.length > 0) await this.tally(this.batch(this.tallied, tally));
    }
  }

  private batch<T>(waiting: T[], size: number): T[] {
    return waiting.splice(0, this.pace === 'burst' ? size : 1);
  }

  private async ingest(Records: SQSRecord[]): Promise<void> {
    const { meter, ingest } = this.functions;
    const { batchItemFailures } = await ingest({ Records });
    if (batchItemFailures.length > 0) throw new Error('A message was not stored');
    // One request receives the batch, and one deletes it.
    meter.count('sqs.request', 2);
  }

  private async dispatch(Records: DynamoDBRecord[]): Promise<void> {
    const { startedInputs, dispatch } = this.functions;
    const { batchItemFailures } = await dispatch({ Records });
    if (batchItemFailures.length > 0) throw new Error('A row was not dispatched');
    for (const input of startedInputs.splice(0)) {
      await this.runDeliver(JSON.parse(input) as Record<string, unknown>);
    }
  }

  private async tally(Records: DynamoDBRecord[]): Promise<void> {
    const { tally } = this.functions;
    await tally({ shardId: 'shard-1', Records });
    // Lambda closes the tumbling window with an invocation without records, at most once per batch.
    await tally({ shardId: 'shard-1', Records: [] });
  }

  private async runDeliver(input: Record<string, unknown>): Promise<void> {
    const { meter } = this.functions;
    const startMs = meter.nowMs;
    const redeliverInputs: Record<string, unknown>[] = [];
    await this.execute(DELIVER, input, (next) => redeliverInputs.push(next));
    const billedSeconds = Math.ceil((meter.nowMs - startMs + assumed('machineMs')) / 100) / 10;
    meter.count('stepFunctions.express');
    meter.count('stepFunctions.gbSecond', billedSeconds * (64 / 1024));
    for (const next of redeliverInputs) {
      let states = 0;
      const countedStates = new Proxy(REDELIVER.States, {
        get(allStates, name: string) {
          states += 1;
          return allStates[name];
        },
      });
      await this.execute({ ...REDELIVER, States: countedStates }, next, () => {});
      // AWS bills the start of the execution as one more transition.
      meter.count('stepFunctions.transition', states + 1);
    }
  }

  private async execute(
    definition: StateMachineDefinition,
    input: Record<string, unknown>,
    redeliver: (input: Record<string, unknown>) => void,
  ): Promise<void> {
    const { meter, deployment, deliver } = this.functions;
    if (deployment.isTraced) meter.count('xray.trace', this.pace === 'burst' ? assumed('sampledShare') : 1);
    // AWS does not bill a wait, so a wait takes no time here.
    const clock = { sleep: async () => {}, after: () => {} } as unknown as Clock;
    const task = async (resource: string, parameters: unknown): Promise<unknown> => {
      const taskInput = JSON.parse(JSON.stringify(parameters)) as Record<string, unknown>;
      if (resource === 'deliver') return deliver(taskInput as unknown as DeliverInput);
      if (resource !== 'arn:aws:states:::states:startExecution')
        throw new Error(`No count for the resource ${resource}`);
      meter.nowMs += assumed('awsCallMs');
      redeliver(taskInput['Input'] as Record<string, unknown>);
      return {};
    };
    await runExecution({ clock, random: () => 0.5, task }, definition, { input, executionId: EXECUTION_ID });
  }
}

const EXECUTION_ID =
  'arn:aws:states:us-east-1:000000000000:express:IvyDeliveryDeliverMachine5C1D3AE5-mK8qWz3Xv1Yt:dlv_aaaaaaaaaaaaaaaaaaaaaaaaaa-auto:5c1d3ae5-2a27-4b5e-9d43-3a2f1d1c0b0a';
