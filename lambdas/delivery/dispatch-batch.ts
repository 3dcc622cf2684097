import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { toCommand } from '../store/commands.ts';
import { toEmailEvent } from '../store/event-rows.ts';
import { KIND } from '../store/keys.ts';
import type { Row } from '../store/pages.ts';
import { dispatchCommand, dispatchEvent, type DispatchDeps } from './dispatch.ts';

export interface DispatchBatchDeps extends DispatchDeps {
  /** Puts the keys of a record that no retry can help to the dead-letter queue; redrive reads the table by them. */
  readonly sendPoison: (keys: unknown, reason: string) => Promise<void>;
}

export interface DispatchReport {
  /** Sequence number of the first record to be given to us again; those before it are done. */
  readonly retryFrom?: string;
  readonly fault?: Error;
  readonly counts: { readonly records: number; readonly deliveries: number; readonly poisoned: number };
}

/** What a row asks for. The stream's filter lets only these through; anything else is a fault of ours. */
function readRow(record: DynamoDBRecord): (deps: DispatchDeps) => Promise<number> {
  const image = record.dynamodb?.NewImage;
  if (!image) throw new Error('The stream record has no new image');
  const row = unmarshall(image as Parameters<typeof unmarshall>[0]) as Row;
  if (row['kind'] === KIND.event) {
    const stored = { event: toEmailEvent(row), ttl: Number(row['ttl']) };
    return (deps) => dispatchEvent(deps, stored);
  }
  if (row['kind'] === KIND.command) {
    const command = toCommand(row);
    return (deps) => dispatchCommand(deps, command);
  }
  throw new Error(`Nothing is known to do for a row of kind ${String(row['kind'])}`);
}

/** What AWS will refuse however often it is asked, and what our own code trips over in a row that is not as it should be. */
const HOPELESS: ReadonlySet<string> = new Set([
  'InvalidName',
  'InvalidExecutionInput',
  'ValidationException',
  'TypeError',
  'RangeError',
]);

function isHopeless(error: unknown): boolean {
  return error instanceof Error && HOPELESS.has(error.name);
}

/**
 * Dispatches the records of one batch side by side. One that cannot be read is poison and leaves by its keys; one that
 * fails by a fault of ours, and those after it, come again: a delivery that was started already is not sent twice.
 */
export async function dispatchBatch(
  deps: DispatchBatchDeps,
  records: readonly DynamoDBRecord[],
): Promise<DispatchReport> {
  const endpoints = new Map<string, ReturnType<DispatchDeps['endpointsOf']>>();
  const batchDeps: DispatchDeps = {
    ...deps,
    endpointsOf(workspaceId) {
      const known = endpoints.get(workspaceId) ?? deps.endpointsOf(workspaceId);
      endpoints.set(workspaceId, known);
      return known;
    },
  };
  const results = await Promise.allSettled(
    records.map(async (record) => {
      let dispatch;
      try {
        dispatch = readRow(record);
        return { deliveries: await dispatch(batchDeps), poisoned: 0 };
      } catch (error) {
        if (dispatch !== undefined && !isHopeless(error)) throw error;
        // It comes from redrive, not from the stream: it lies in the dead-letter queue still, and is to stay there.
        if (record.dynamodb?.SequenceNumber === undefined) throw error;
        await deps.sendPoison(record.dynamodb?.Keys, String(error));
        return { deliveries: 0, poisoned: 1 };
      }
    }),
  );

  const firstFailed = results.findIndex((result) => result.status === 'rejected');
  const failure = results[firstFailed];
  const sequenceNumber = records[firstFailed]?.dynamodb?.SequenceNumber;
  // Without a number to report, only a thrown error brings the batch back.
  if (failure?.status === 'rejected' && sequenceNumber === undefined) throw failure.reason;
  const done = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  return {
    ...(sequenceNumber !== undefined && { retryFrom: sequenceNumber }),
    ...(failure?.status === 'rejected' && { fault: failure.reason as Error }),
    counts: {
      records: records.length,
      deliveries: done.reduce((sum, each) => sum + each.deliveries, 0),
      poisoned: done.reduce((sum, each) => sum + each.poisoned, 0),
    },
  };
}
