/** Records of the table's stream: rows of this version or another one, or rows that an operator changed. */
import { isDeepStrictEqual } from 'node:util';
import type { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { SNSClient } from '@aws-sdk/client-sns';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import type { Command } from '../../../lambdas/core/commands.ts';
import { dispatchBatch, type DispatchDeps } from '../../../lambdas/delivery/dispatch-batch.ts';
import { commandRow } from '../../../lambdas/store/commands.ts';
import { startGroup, startReplay } from '../../../lambdas/delivery/executions.ts';
import { notifyAlarmTopic } from '../../../lambdas/delivery/reputation-effects.ts';
import { recordAttempt } from '../../../lambdas/store/deliveries.ts';
import { holdDeliveries } from '../../../lambdas/store/hold-deliveries.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import { suppressRecipient } from '../../../lambdas/store/suppressions.ts';
import { tallyBatch } from '../../../lambdas/tally/tally-batch.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../../sim/builders/events.ts';
import { simulatedTable } from '../../../sim/table.ts';
import type { Dice } from '../../../sim/random.ts';
import { damageValue } from './damage.ts';
import { assertThat, expectUnchanged, type Parser, type ParseResult } from './parser.ts';

const AT = '2026-02-25T12:00:00Z';
const ENDPOINT = anEndpoint();
const FAILING = anEndpoint({ breaker_opened_at: AT });
const RETENTION = { retentionDays: 90, receivedAtMs: Date.parse(AT) };
const EVENT = anEvent({ tags: [['campaign', 'a']] });
const COMMANDS: readonly Command[] = [
  {
    command: 'redeliver',
    id: 'cmd_a',
    workspace_id: WORKSPACE_ID,
    task: aTask(EVENT, ENDPOINT, { trigger: 'manual', run: 'cmd_a' }),
  },
  { command: 'recover', id: 'rcv_a', workspace_id: WORKSPACE_ID, endpoint_id: ENDPOINT.id },
  { command: 'drain', id: 'rcv_b', workspace_id: WORKSPACE_ID, endpoint_id: ENDPOINT.id, opened_at: AT },
  {
    command: 'continue',
    id: 'rcv_c',
    workspace_id: WORKSPACE_ID,
    task: {
      workspace_id: WORKSPACE_ID,
      command_id: 'rcv_a',
      command: 'recover',
      execution_name: 'rcv_c',
      delay_seconds: 4,
      steps: 0,
      probes: 0,
    },
  },
];

async function attemptRow(): Promise<Row> {
  const table = simulatedTable();
  await recordAttempt(table, aTask(EVENT, ENDPOINT), {
    attempt: {
      number: 1,
      trigger: 'auto',
      started_at: '2026-02-25T12:00:05Z',
      duration_ms: 100,
      status_code: 200,
    },
    ttl: 1,
  });
  const [row] = table.rows.values();
  if (!row) throw new Error('The attempt was not stored');
  return row;
}

const EVENT_ROWS = eventRows([EVENT], RETENTION);
const COMMAND_ROWS = COMMANDS.map((command) => commandRow(command, AT));
const ATTEMPT_ROW = await attemptRow();

/** A stream record. Its keys and sequence number come from the stream, so they are valid even if the image is damaged. */
function recordOf(row: Row, NewImage: unknown): DynamoDBRecord {
  const Keys = marshall({ pk: row.pk, sk: row.sk });
  return {
    eventName: 'INSERT',
    dynamodb: { Keys, NewImage, SequenceNumber: '1' },
  } as unknown as DynamoDBRecord;
}

/** The execution names that Step Functions accepts. Without a name, Step Functions generates one. */
const EXECUTION_NAME = /^[A-Za-z0-9_-]{1,80}$/;

/** The dependencies of dispatch. Step Functions and the queue only record their calls. */
function dispatchDeps() {
  const started: Record<string, unknown>[] = [];
  const poison: unknown[] = [];
  const table = simulatedTable();
  const sfn = {
    send({ input: { name, input } }: StartExecutionCommand) {
      if (name !== undefined && !EXECUTION_NAME.test(name))
        return Promise.reject(Object.assign(new Error(`Invalid name: ${name}`), { name: 'InvalidName' }));
      started.push(JSON.parse(input ?? '') as Record<string, unknown>);
      return Promise.resolve({});
    },
  } as unknown as SFNClient;
  const sns = { send: () => Promise.resolve({}) } as unknown as SNSClient;
  const deps: DispatchDeps = {
    endpointsOf: () => Promise.resolve([ENDPOINT, FAILING]),
    startGroup: (group) => startGroup(sfn, 'deliver', group),
    holdDeliveries: async (held) => {
      await holdDeliveries(table, held, RETENTION.receivedAtMs);
    },
    startReplay: (task) => startReplay(sfn, 'recover', task),
    suppress: (event, reason) => suppressRecipient(table, event, reason),
    sendPoison: (keys) => {
      poison.push(keys);
      return Promise.resolve();
    },
    autoSuppress: { hardBounces: true, complaints: true },
    notify: (event) => notifyAlarmTopic(sns, 'topic', event),
  };
  return { deps, started, poison };
}

async function dispatch(record: DynamoDBRecord, isValid: boolean): Promise<ParseResult> {
  const { deps, started, poison } = dispatchDeps();
  const { error, counts } = await expectUnchanged(record, (value) => dispatchBatch(deps, [value]));
  const image = JSON.stringify(record.dynamodb?.NewImage);
  assertThat(error === undefined, `An unreadable record blocks its shard: ${String(error?.stack)} ${image}`);
  const poisoned = counts.poisoned === 1;
  assertThat(
    isDeepStrictEqual(poison, poisoned ? [record.dynamodb?.Keys] : []),
    'The dead-letter queue did not get the keys of the poison record',
  );
  assertThat(
    !isValid || (!poisoned && started.length === 1),
    'A valid record was poisoned, or started nothing',
  );
  assertThat(started.length <= 1, 'A record started more than one execution');
  return poisoned ? 'refused' : 'accepted';
}

async function tally(record: DynamoDBRecord, isValid: boolean): Promise<ParseResult> {
  const deps = { table: simulatedTable(), retentionDays: 90, now: () => RETENTION.receivedAtMs };
  const { counted, unreadable } = await expectUnchanged(record, (given) =>
    tallyBatch(deps, { shardId: 'shard-a', records: [given] }),
  );
  assertThat(counted + unreadable.length === 1, 'A record was neither counted nor reported');
  assertThat(!isValid || counted === 1, 'A valid record was not counted');
  for (const value of [...deps.table.rows.values()].flatMap(Object.values))
    assertThat(typeof value !== 'number' || Number.isFinite(value), 'A counter is not a number');
  return counted === 1 ? 'accepted' : 'refused';
}

function validRecords(rows: readonly Row[]): readonly DynamoDBRecord[] {
  return rows.map((row) => recordOf(row, marshall(row, { removeUndefinedValues: true })));
}

/** Damages the image of a record, including the type names of the DynamoDB notation. */
function damageRecord(rows: readonly Row[], dice: Dice): DynamoDBRecord {
  const row = dice.pick(rows);
  const image = marshall(row, { removeUndefinedValues: true });
  return recordOf(row, damageValue({ image }, dice).image);
}

const DISPATCHED = [...EVENT_ROWS, ...COMMAND_ROWS];
const COUNTED = [...EVENT_ROWS, ATTEMPT_ROW];

export const STREAM: readonly Parser[] = [
  {
    name: 'stream record of dispatch',
    share: 0.6,
    validInputs: validRecords(DISPATCHED).map((record) => () => dispatch(record, true)),
    try: (dice) => dispatch(damageRecord(DISPATCHED, dice), false),
  },
  {
    name: 'stream record of tally',
    validInputs: validRecords(COUNTED).map((record) => () => tally(record, true)),
    try: (dice) => tally(damageRecord(COUNTED, dice), false),
  },
];
