/**
 * A deployment in memory: the code of the pipeline with a simulated table, stream, queue and state machines, on one virtual
 * clock. `faults` decides which calls fail.
 */
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { SQSRecord } from 'aws-lambda';
import { DELIVER_TIMEOUT_SECONDS, deliverDefinition } from '../lib/deliver-machine.ts';
import { DISPATCHED_KINDS } from '../lib/dispatch-stream.ts';
import { recoverDefinition } from '../lib/recover-machine.ts';
import { redeliverDefinition } from '../lib/redeliver-machine.ts';
import { TALLY_BATCH_SIZE, TALLY_FILTERS, TALLY_WINDOW_SECONDS } from '../lib/tally-stream.ts';
import type { ReplayTask } from '../lambdas/core/commands.ts';
import type { Attempt, DeliverInput, DeliveryTask, SingleDeliverInput } from '../lambdas/core/deliveries.ts';
import { deliveryId } from '../lambdas/core/ids.ts';
import { formatTimestamp } from '../lambdas/core/timestamps.ts';
import { dispatchBatch } from '../lambdas/delivery/dispatch-batch.ts';
import { startGroup, startReplay } from '../lambdas/delivery/executions.ts';
import { notifyAlarmTopic, switchSending } from '../lambdas/delivery/reputation-effects.ts';
import { payloadOf } from '../lambdas/delivery/single-task.ts';
import { runReplayStep } from '../lambdas/delivery/recover.ts';
import { createSecretOpener, type SecretOpener } from '../lambdas/delivery/secrets.ts';
import type { Sender } from '../lambdas/delivery/send.ts';
import { listEndpoints } from '../lambdas/store/endpoints.ts';
import { holdDeliveries } from '../lambdas/store/hold-deliveries.ts';
import { ingestBatch } from '../lambdas/ingest/ingest-batch.ts';
import { suppressRecipient } from '../lambdas/store/suppressions.ts';
import { attemptKey, deliveryPartition, type Key } from '../lambdas/store/keys.ts';
import type { Row, Table } from '../lambdas/store/table.ts';
import { evaluateReputation } from '../lambdas/tally/evaluate-reputation.ts';
import { NamedValues } from '../lambdas/tally/named-values.ts';
import { tallyBatch } from '../lambdas/tally/tally-batch.ts';
import { workspaceDirectory, type WorkspaceDirectory } from '../lambdas/store/workspaces.ts';
import { namedError } from './aws-error.ts';
import { runDeliver } from './deliver-function.ts';
import { simulatedTable, type SimulatedTable } from './table.ts';
import { Clock } from './clock.ts';
import { Executions, START_EXECUTION, type StateMachine } from './executions.ts';
import type { StateMachineDefinition } from './state-machine.ts';
import { drawFault, NO_FAULTS, type CallCounts, type FaultPlan } from './faults.ts';
import {
  callAws,
  currentProcess,
  LambdaProcess,
  neverSettles,
  type AwsCall,
  type CallContext,
} from './process.ts';
import { SimulatedQueue } from './queue.ts';
import { Dice, seededRandom } from './random.ts';
import type { SimulatedReceiver } from './receiver.ts';
import { StreamReader, createStream, type StreamBatch } from './stream.ts';

export const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:topic';
const ALARM_TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:alarms';
/** The configuration set of the deployment. The stack option lets a pause of the default workspace or of this set stop it. */
export const CONFIGURATION_SET = 'ivymail';
const RETENTION_DAYS = 90;
export const RETRY = { firstDelaySeconds: 60, factor: 5, count: 3 };
const DELIVER_FUNCTION = 'deliver-function';
const RECOVER_FUNCTION = 'recover-function';
/** The default quota of an account. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const ACCOUNT_CONCURRENCY = 1_000;
/** The time after which Lambda's pollers retry an invocation that the account's quota refused. */
const THROTTLE_RETRY_MS = 1_000;
const VISIBILITY_MS = 180_000;
/** With the option `consumerConcurrency`. */
const GROUPS_PER_ENDPOINT = 2;
/** The error of a task whose invocation was throttled. */
export const TOO_MANY_REQUESTS = 'Lambda.TooManyRequestsException';
/** Lambda notices a crash when the runtime exits, long before the function's timeout. */
const CRASH_MS = 500;

/** A warm process with the clients and caches that it keeps between invocations. */
interface Worker {
  readonly process: LambdaProcess;
  readonly table: Table;
  readonly workspaces: WorkspaceDirectory;
  readonly names: NamedValues;
  readonly secrets: SecretOpener;
  readonly sfn: SFNClient;
  readonly sns: SNSClient;
  readonly ses: SESv2Client;
}

const DELIVER = deliverDefinition({
  partition: 'aws',
  deliverFunctionArn: DELIVER_FUNCTION,
  redeliverMachineArn: 'redeliver',
  deadLetterQueueUrl: 'deliver-dead-letters',
});
const REDELIVER = redeliverDefinition({ deliverFunctionArn: DELIVER_FUNCTION });
const RECOVER = recoverDefinition({ recoverFunctionArn: RECOVER_FUNCTION });
/** The state machines by ARN. */
const MACHINES: Readonly<Record<string, StateMachine>> = {
  deliver: { definition: DELIVER as StateMachineDefinition, express: true },
  redeliver: { definition: REDELIVER as StateMachineDefinition, express: false },
  recover: { definition: RECOVER as StateMachineDefinition, express: false },
};

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Record<string, unknown>;
}

type Input = Command['input'];

/** Executes a part of a batch. The response says which part was not executed. */
type PartialRun = (input: Input, run: (input: Input) => Promise<unknown>) => Promise<unknown>;

/** Whether a partial run executes this entry of a batch: every second entry, but never the last one. */
function isExecuted(_entry: unknown, index: number, batch: readonly unknown[]): boolean {
  return (batch.length - index) % 2 === 0;
}

function onlyEntry<T>(map: Readonly<Record<string, T>>): readonly [string, T] {
  return Object.entries(map)[0] as [string, T];
}

/** The commands that DynamoDB can execute partly. */
const PARTIAL_RUNS: Readonly<Record<string, PartialRun>> = {
  async BatchWriteCommand(input, run) {
    const [table, requests] = onlyEntry(input['RequestItems'] as Record<string, readonly unknown[]>);
    const executed = requests.filter(isExecuted);
    if (executed.length > 0) await run({ ...input, RequestItems: { [table]: executed } });
    return {
      UnprocessedItems: { [table]: requests.filter((...each) => !isExecuted(...each)) },
    };
  },
  async BatchGetCommand(input, run) {
    const [table, request] = onlyEntry(
      input['RequestItems'] as Record<string, { readonly Keys: readonly unknown[] }>,
    );
    const keysOf = (Keys: readonly unknown[]) => ({ [table]: { ...request, Keys } });
    const executed = request.Keys.filter(isExecuted);
    const result = executed.length > 0 ? await run({ ...input, RequestItems: keysOf(executed) }) : {};
    const unprocessed = request.Keys.filter((...each) => !isExecuted(...each));
    return { Responses: { [table]: [] }, ...(result as object), UnprocessedKeys: keysOf(unprocessed) };
  },
  async BatchExecuteStatementCommand(input, run) {
    const statements = input['Statements'] as readonly unknown[];
    const executed = statements.filter(isExecuted);
    const result = executed.length > 0 ? await run({ ...input, Statements: executed }) : {};
    const { Responses = [] } = result as { readonly Responses?: readonly unknown[] };
    const responses = Responses.values();
    const Error = { Code: 'ThrottlingError', Message: 'Throughput exceeds the current limit' };
    return {
      Responses: statements.map((...each) => (isExecuted(...each) ? responses.next().value : { Error })),
    };
  },
};

export interface SimulatedDeploymentOptions {
  readonly seed: number;
  readonly startMs: number;
  /** The account's limit of concurrent invocations of all functions. */
  readonly concurrency?: number;
  /** The option of the same name, for an account with few concurrent invocations. */
  readonly consumerConcurrency?: number;
  /** The number of shards of the table's stream. */
  readonly shards?: number;
}

export class SimulatedDeployment implements CallContext {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly callCounts: CallCounts = { calls: 0, faults: {} };
  readonly table: SimulatedTable;
  readonly receivers = new Map<string, SimulatedReceiver>();
  readonly ingestQueue: SimulatedQueue;
  readonly dispatchReader: StreamReader;
  readonly tallyReader: StreamReader;
  /** The messages in the dead-letter queues of dispatch and of the Express machine. */
  readonly deadLetters: unknown[] = [];
  /** The messages that dispatch published to the alarm topic. */
  readonly notifications: string[] = [];
  /** Whether SES accepts email with the configuration set of the deployment. */
  isSendingEnabled = true;
  /**
   * The number of repeated requests that are allowed for each delivery. A request may be repeated if the process was killed
   * after the request, or if the attempt could not be recorded.
   */
  readonly allowedExtraRequests = new Map<string, number>();
  faults: FaultPlan = NO_FAULTS;
  /** Concurrent invocations of all functions: the current number, the peak, and how many were throttled or timed out. */
  readonly invocations = { running: 0, peak: 0, throttled: 0, timedOut: 0 };
  /** The invocations of the deliver function with several deliveries, and the most deliveries of one invocation. */
  readonly groups = { several: 0, largest: 0 };
  private readonly concurrency: number;
  /** How many groups of one endpoint are attempted at the same time. Undefined if there is no limit. */
  private readonly groupsPerEndpoint: number | undefined;
  private readonly idleWorkers: Worker[] = [];
  private readonly executions: Executions;

  constructor(options: SimulatedDeploymentOptions) {
    const { seed, startMs, concurrency = Infinity, consumerConcurrency, shards = 3 } = options;
    this.concurrency = concurrency;
    this.groupsPerEndpoint = consumerConcurrency === undefined ? undefined : GROUPS_PER_ENDPOINT;
    this.clock = new Clock(startMs);
    this.dice = new Dice(seededRandom(seed));
    const { clock, dice } = this;
    this.table = simulatedTable({
      // A transaction outside of a function ends at once, because the clock may not be running.
      transactionEnd: () => (currentProcess.getStore() ? clock.sleep(10 + dice.below(20)) : undefined),
    });
    this.ingestQueue = new SimulatedQueue({
      clock,
      dice,
      visibilityMs: VISIBILITY_MS,
      maxReceives: 10,
      batchSize: 10,
      concurrency: consumerConcurrency ?? 8,
      duplicateShare: 0.002,
      consume: (records) => this.ingest(records),
    });
    this.dispatchReader = new StreamReader({
      clock,
      shards,
      filters: [{ eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: DISPATCHED_KINDS } } } }],
      batchSize: 100,
      parallelization: consumerConcurrency === undefined ? 4 : 1,
      consume: (batch) => this.dispatch(batch),
    });
    this.tallyReader = new StreamReader({
      clock,
      shards,
      filters: TALLY_FILTERS,
      batchSize: TALLY_BATCH_SIZE,
      windowSeconds: TALLY_WINDOW_SECONDS,
      parallelization: 1,
      consume: (batch) => this.tally(batch),
    });
    this.table.onInsert = createStream([this.dispatchReader, this.tallyReader]);
    this.executions = new Executions({
      clock,
      random: dice.random,
      task: (resource, parameters) => this.runTask(resource, parameters),
      machines: MACHINES,
      runsTwice: () => this.faults !== NO_FAULTS && dice.chance(0.01),
    });
  }

  /** The executions that ended with an error. Each raises an alarm. */
  get failedExecutions(): Executions['failed'] {
    return this.executions.failed;
  }

  /** Rejects if the function throws, if its process crashes or times out, or if the account's limit is reached. */
  async invoke<T>(run: (worker: Worker) => Promise<T>, timeoutSeconds?: number): Promise<T> {
    const { invocations } = this;
    if (invocations.running >= this.concurrency) {
      invocations.throttled += 1;
      throw namedError(TOO_MANY_REQUESTS, 'Rate Exceeded.');
    }
    invocations.running += 1;
    invocations.peak = Math.max(invocations.peak, invocations.running);
    try {
      return await this.runIn(this.idleWorkers.pop() ?? this.newWorker(), run, timeoutSeconds);
    } finally {
      invocations.running -= 1;
    }
  }

  /**
   * Invokes a function as the pollers of SQS and of the stream do. A throttled invocation is retried and is no failure of the
   * batch. A poller of SQS retries until the messages become visible again.
   */
  private async poll<T>(run: (worker: Worker) => Promise<T>, retryForMs = Infinity): Promise<T> {
    const untilMs = this.clock.nowMs + retryForMs;
    while (this.invocations.running >= this.concurrency && this.clock.nowMs < untilMs) {
      this.invocations.throttled += 1;
      await this.clock.sleep(THROTTLE_RETRY_MS);
    }
    return this.invoke(run);
  }

  private runIn<T>(worker: Worker, run: (worker: Worker) => Promise<T>, timeoutSeconds?: number): Promise<T> {
    return new Promise((resolve, reject) => {
      let isRunning = true;
      const crash = namedError('Lambda.Unknown', 'The function crashed');
      worker.process.onDeath = [() => this.clock.after(CRASH_MS, () => reject(crash))];
      if (timeoutSeconds !== undefined)
        this.clock.after(timeoutSeconds * 1000, () => {
          if (!isRunning || !worker.process.alive) return;
          this.invocations.timedOut += 1;
          void worker.process.kill();
        });
      currentProcess
        .run(worker.process, () => run(worker))
        .then(
          (result) => {
            isRunning = false;
            if (worker.process.alive) {
              this.idleWorkers.push(worker);
              resolve(result);
            }
          },
          (error: unknown) => {
            isRunning = false;
            if (worker.process.alive) {
              this.idleWorkers.push(worker);
              reject(error);
            }
          },
        );
    });
  }

  private newWorker(): Worker {
    const process = new LambdaProcess();
    const call = <T>(each: AwsCall<T>): Promise<T> => callAws(this, process, each);
    const table = {
      name: this.table.name,
      client: { send: (command: Command) => this.sendToTable(call, command) },
      random: this.dice.random,
    } as unknown as Table;
    const kms = {
      send: ({ input }: Command) =>
        call({
          name: 'Decrypt',
          run: () => ({ Plaintext: input['CiphertextBlob'] }),
        }),
    } as unknown as KMSClient;
    const sfn = {
      send: ({ input }: Command) =>
        call({
          name: 'StartExecution',
          run: () => {
            const { stateMachineArn: arn, name, input: text } = input;
            this.executions.start(String(arn), String(name), JSON.parse(String(text)));
            return {};
          },
        }),
    } as unknown as SFNClient;
    const sns = {
      send: ({ input }: Command) =>
        call({ name: 'Publish', run: () => void this.notifications.push(String(input['Message'])) }),
    } as unknown as SNSClient;
    const ses = {
      send: ({ input }: Command) =>
        call({
          name: 'PutConfigurationSetSendingOptions',
          run: () => void (this.isSendingEnabled = input['SendingEnabled'] === true),
        }),
    } as unknown as SESv2Client;
    const { now } = this.clock;
    return {
      process,
      table,
      sfn,
      sns,
      ses,
      workspaces: workspaceDirectory(table, now),
      names: new NamedValues(),
      secrets: createSecretOpener({ kms, now }),
    };
  }

  private sendToTable(call: <T>(each: AwsCall<T>) => Promise<T>, command: Command): Promise<unknown> {
    const { name } = command.constructor;
    const send = (input: Input): Promise<unknown> =>
      this.table.client.send({ constructor: { name }, input } as never);
    const run = (): Promise<unknown> => send(command.input);
    if (name === 'TransactWriteCommand') return call({ name, run, repeat: (first) => first });
    const runPartly = PARTIAL_RUNS[name];
    return call({ name, run, ...(runPartly && { runPartly: () => runPartly(command.input, send) }) });
  }

  private ingest(records: readonly SQSRecord[]): Promise<readonly string[]> {
    return this.poll(async ({ table, workspaces }) => {
      const deps = { table, workspaces, retentionDays: RETENTION_DAYS, topicArn: TOPIC_ARN };
      return (await ingestBatch(deps, records)).failedMessageIds;
    }, VISIBILITY_MS);
  }

  private dispatch({ records }: StreamBatch): Promise<string | undefined> {
    return this.poll(async ({ process, table, sfn, sns, ses }) => {
      const report = await dispatchBatch(
        {
          endpointsOf: (workspaceId) => listEndpoints(table, workspaceId, { consistent: true }),
          startGroup: (group) => startGroup(sfn, 'deliver', group),
          holdDeliveries: async (deliveries) => {
            await holdDeliveries(table, deliveries, this.clock.nowMs);
          },
          startReplay: (task) => startReplay(sfn, 'recover', task),
          suppress: (event, reason) => suppressRecipient(table, event, reason),
          autoSuppress: { hardBounces: true, complaints: true },
          sendPoison: (keys, reason) =>
            callAws(this, process, {
              name: 'SendMessage',
              run: () => void this.deadLetters.push({ keys, reason }),
            }),
          notify: (event) => notifyAlarmTopic(sns, ALARM_TOPIC_ARN, event),
          switchSending: (event) => switchSending({ table, ses, configurationSet: CONFIGURATION_SET }, event),
        },
        records,
      );
      return report.retryFrom;
    });
  }

  private tally(batch: StreamBatch): Promise<undefined> {
    return this.poll(async ({ table, names }) => {
      const deps = { table, retentionDays: RETENTION_DAYS, now: this.clock.now, names };
      const { touched } = await tallyBatch(deps, batch);
      await evaluateReputation(deps, touched);
      return undefined;
    });
  }

  /** Runs one task of a state machine. The SDK does not retry a task, so the definition must handle every fault. */
  private async runTask(name: string, parameters: unknown): Promise<unknown> {
    await this.clock.sleep(5 + this.dice.below(20));
    const fault = drawFault(this, {
      name,
      process: undefined,
      possible: ['error', 'throttled', 'lost'],
      attempt: 0,
    });
    if (fault === 'error') throw namedError('Lambda.ServiceException', 'The service failed');
    if (fault === 'throttled') throw namedError(TOO_MANY_REQUESTS, 'Too many requests');
    const result = await this.callResource(name, parameters);
    if (fault !== 'lost') return result;
    // The result of an unrecorded attempt is only in the response. If the response is lost too, a retry repeats the request.
    for (const task of unrecordedTasks(result)) this.allowExtraRequest(deliveryKeyOf(task));
    throw namedError('Lambda.SdkClientException', 'No response');
  }

  private async callResource(resource: string, input: unknown): Promise<unknown> {
    const parameters = input as Record<string, unknown>;
    switch (resource) {
      case DELIVER_FUNCTION:
        return this.deliver(parameters as unknown as DeliverInput | SingleDeliverInput);
      case RECOVER_FUNCTION:
        return this.invoke(({ table, sfn }) =>
          runReplayStep(
            { table, startGroup: (group) => startGroup(sfn, 'deliver', group), now: this.clock.now },
            parameters as unknown as ReplayTask,
          ),
        );
      case START_EXECUTION:
        return this.executions.startFromTask(parameters);
      case 'arn:aws:states:::sqs:sendMessage':
        this.deadLetters.push(parameters['MessageBody']);
        return {};
      default:
        throw new Error(`No resource ${resource} is simulated`);
    }
  }

  private deliver(given: DeliverInput | SingleDeliverInput): Promise<unknown> {
    return this.invoke(async ({ process, table, secrets }) => {
      // Converted to JSON and back, as between a state machine and its function.
      const input = JSON.parse(JSON.stringify(given)) as typeof given;
      this.countGroup(payloadOf(input));
      const result = await runDeliver(
        {
          table,
          secrets,
          send: this.senderOf(process, payloadOf(input)),
          retry: RETRY,
          ...(this.groupsPerEndpoint !== undefined && { groupsPerEndpoint: this.groupsPerEndpoint }),
          now: this.clock.now,
          random: this.dice.random,
          randomBytes: (size) => this.dice.bytes(size),
          onUnrecorded: () => {},
        },
        input,
        this.clock.nowMs + DELIVER_TIMEOUT_SECONDS * 1000,
      );
      return JSON.parse(JSON.stringify(result)) as unknown;
    }, DELIVER_TIMEOUT_SECONDS);
  }

  private countGroup(payload: ReturnType<typeof payloadOf>): void {
    const size = 'tasks' in payload ? payload.tasks.length : 1;
    if (size > 1) this.groups.several += 1;
    this.groups.largest = Math.max(this.groups.largest, size);
  }

  /** Whether the table contains the attempt that started at this time, and the delivery counts it. */
  private isRecorded(
    { workspace_id: workspaceId }: Pick<DeliveryTask, 'workspace_id'>,
    delivery: string,
    attempt: Pick<Attempt, 'number' | 'started_at'>,
  ): boolean {
    const rowAt = ({ pk, sk }: Key): Row | undefined => this.table.rows.get(`${pk}\n${sk}`);
    const claim = rowAt({ pk: deliveryPartition(workspaceId, delivery), sk: 'D' });
    const row = claim && rowAt(claim['delivery'] as Key);
    const inside = row?.['attempt'] as Attempt | undefined;
    const own = rowAt(attemptKey(workspaceId, delivery, attempt.number));
    const isStored = [inside?.started_at, own?.['started_at']].includes(attempt.started_at);
    return isStored && Number(row?.['attempt_count'] ?? 0) >= attempt.number;
  }

  private allowExtraRequest(key: string): void {
    this.allowedExtraRequests.set(key, (this.allowedExtraRequests.get(key) ?? 0) + 1);
  }

  private senderOf(
    process: LambdaProcess,
    group: Pick<DeliveryTask, 'workspace_id' | 'endpoint_id'>,
  ): Sender {
    return async (request) => {
      const eventId = String(request.headers['webhook-id']);
      const key = deliveryKeyOf({ event_id: eventId, endpoint_id: group.endpoint_id });
      const startedMs = this.clock.nowMs;
      const attempt = {
        number: Number(request.headers['x-ivymail-attempt']),
        started_at: formatTimestamp(startedMs),
      };
      await this.clock.sleep(5 + this.dice.below(30));
      if (!process.alive) return neverSettles;
      const possible = ['lost', 'killed', 'killed_after'] as const;
      const fault = drawFault(this, { name: 'send', process, possible, attempt: 0 });
      if (fault === 'killed') return process.kill();
      const receiver = this.receivers.get(request.url);
      if (!receiver) throw new Error(`No receiver has the URL ${request.url}`);
      const response = receiver.receive(request, this.clock.nowMs);
      // If the process ends before it records the attempt, a retry repeats the request.
      process.onDeath.push(() => {
        if (!this.isRecorded(group, key, attempt)) this.allowExtraRequest(key);
      });
      if (fault === 'killed_after') return process.kill();
      await this.clock.sleep(response.afterMs);
      if (!process.alive) return neverSettles;
      const lost = fault === 'lost';
      const status = lost || response.error !== undefined ? undefined : response.status;
      const error = lost ? ('connection_reset' as const) : response.error;
      return {
        started_at: attempt.started_at,
        duration_ms: this.clock.nowMs - startedMs,
        ...(status !== undefined && { status_code: status }),
        ...(status !== undefined && response.excerpt !== undefined && { response_excerpt: response.excerpt }),
        ...(error !== undefined && { error_class: error }),
        ...(status !== undefined && status >= 300 && { error_class: 'http_status' as const }),
      };
    };
  }
}

/** The tasks in a result of the deliver function whose attempts were made and not recorded. */
function unrecordedTasks(result: unknown): readonly DeliveryTask[] {
  const { tasks = [result as DeliveryTask] } = (result ?? {}) as { readonly tasks?: readonly DeliveryTask[] };
  return tasks.filter((task) => task?.unrecorded !== undefined);
}

function deliveryKeyOf(task: Pick<DeliveryTask, 'event_id' | 'endpoint_id'>): string {
  return deliveryId(task.event_id, task.endpoint_id);
}
