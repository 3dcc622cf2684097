/** What comes from the table's stream: our own rows, of this version or another one, or by another hand. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import type { Command } from '../../../lambdas/core/commands.ts';
import { dispatchBatch, type DispatchBatchDeps } from '../../../lambdas/delivery/dispatch-batch.ts';
import { commandRow } from '../../../lambdas/store/commands.ts';
import { recordAttempt } from '../../../lambdas/store/deliveries.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import type { Row } from '../../../lambdas/store/pages.ts';
import { tallyBatch } from '../../../lambdas/store/tally.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../builders/events.ts';
import { memoryTable } from '../../fakes/memory-table.ts';
import type { Dice } from '../world/random.ts';
import { damaged } from './damage.ts';
import { must, type Parser } from './parser.ts';

const ENDPOINT = anEndpoint();
const RETENTION = { retentionDays: 90, receivedAtMs: Date.parse('2026-02-25T12:00:00Z') };
const EVENT = anEvent({ tags: { campaign: 'a' } });
const COMMANDS: readonly Command[] = [
  {
    command: 'redeliver',
    id: 'cmd_a',
    workspace_id: WORKSPACE_ID,
    task: aTask(EVENT, ENDPOINT, { trigger: 'manual', run: 'cmd_a' }),
  },
  { command: 'recover', id: 'rcv_a', workspace_id: WORKSPACE_ID, endpoint_id: ENDPOINT.id },
] as unknown as Command[];

async function attemptRow(): Promise<Row> {
  const table = memoryTable();
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
  if (!row) throw new Error('There is no row');
  return row;
}

const EVENT_ROWS = eventRows([EVENT], RETENTION);
const COMMAND_ROWS = COMMANDS.map((command) => commandRow(command, '2026-02-25T12:00:00Z'));
const ATTEMPT_ROW = await attemptRow();

/** Half of them whole, so that what is read is reached; the keys and the number are the stream's own. */
function recordOf(row: Row, dice: Dice): { readonly record: DynamoDBRecord; readonly whole: boolean } {
  const Keys = marshall({ pk: row.pk, sk: row.sk });
  const image = marshall(row, { removeUndefinedValues: true });
  const whole = dice.chance(0.2);
  const NewImage = whole ? image : damaged({ image }, dice).image;
  const record = { eventName: 'INSERT', dynamodb: { Keys, NewImage, SequenceNumber: '1' } };
  return { record: record as unknown as DynamoDBRecord, whole };
}

function dispatchDeps(): { readonly deps: DispatchBatchDeps; readonly done: string[] } {
  const done: string[] = [];
  const note = (what: string) => () => {
    done.push(what);
    return Promise.resolve();
  };
  const deps: DispatchBatchDeps = {
    endpointsOf: () => Promise.resolve([ENDPOINT]),
    startDelivery: note('start'),
    holdDelivery: note('hold'),
    startPaced: note('paced'),
    suppress: note('suppress'),
    sendPoison: note('poison'),
    autoSuppress: { hardBounces: true, complaints: true },
  };
  return { deps, done };
}

export const STREAM: readonly Parser[] = [
  {
    name: 'stream record, by dispatch',
    async try(dice) {
      const { record, whole } = recordOf(dice.of([...EVENT_ROWS, ...COMMAND_ROWS]), dice);
      const { deps, done } = dispatchDeps();
      const { fault, counts } = await dispatchBatch(deps, [record]);
      must(
        fault === undefined,
        `A record that cannot be read blocks its shard: ${String(fault?.stack)} ${JSON.stringify(record.dynamodb?.NewImage)}`,
      );
      must(
        (counts.poisoned === 1) === done.includes('poison'),
        'A poisoned record did not leave by its keys',
      );
      must(!whole || counts.poisoned === 0, 'A record that is whole was poisoned');
      return counts.poisoned === 1 ? 'refused' : 'taken';
    },
  },
  {
    name: 'stream record, by tally',
    async try(dice) {
      const { record, whole } = recordOf(dice.of([...EVENT_ROWS, ATTEMPT_ROW]), dice);
      const deps = { table: memoryTable(), retentionDays: 90, now: () => RETENTION.receivedAtMs };
      const { counted, unreadable } = await tallyBatch(deps, { shardId: 'shard-a', records: [record] });
      must(counted + unreadable.length === 1, 'A record is neither counted nor told of');
      must(!whole || counted === 1, 'A record that is whole was not counted');
      for (const row of deps.table.rows.values())
        for (const value of Object.values(row))
          must(typeof value !== 'number' || Number.isFinite(value), 'A counter is no number');
      return counted === 1 ? 'taken' : 'refused';
    },
  },
];
