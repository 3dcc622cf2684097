/** Stream records, and a dispatch whose calls to AWS are recorded. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import type { Command, ReplayTask } from '../../lambdas/core/commands.ts';
import type { DeliveryTask } from '../../lambdas/core/deliveries.ts';
import { isReputationEvent, type DeliverableEvent } from '../../lambdas/core/deliverable-events.ts';
import type { DispatchDeps } from '../../lambdas/delivery/dispatch-batch.ts';
import type { GroupStart } from '../../lambdas/delivery/groups.ts';
import { commandRow } from '../../lambdas/store/commands.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { reputationEventRow } from '../../lambdas/store/reputation-events.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { anEndpoint } from '../../sim/builders/events.ts';

export const ALL = { hardBounces: true, complaints: true };

function recordOf(row: Row, sequenceNumber?: string): DynamoDBRecord {
  return {
    eventName: 'INSERT',
    dynamodb: {
      Keys: marshall({ pk: row.pk, sk: row.sk }) as never,
      NewImage: marshall(row) as never,
      ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
    },
  };
}

/** A stream record. A record without a sequence number is one that redrive created. */
export function aRecord(event: DeliverableEvent, sequenceNumber?: string): DynamoDBRecord {
  const [row] = isReputationEvent(event)
    ? [reputationEventRow(event, 90)]
    : eventRows([event], { retentionDays: 90, receivedAtMs: 0 });
  if (!row) throw new Error('The event has no row');
  return recordOf(row, sequenceNumber);
}

export function commandRecord(command: Command): DynamoDBRecord {
  return recordOf(commandRow(command, '2026-02-25T12:00:00Z'));
}

export function setUpDispatch(changes: Partial<DispatchDeps> = {}) {
  const starts: GroupStart[] = [];
  const started: DeliveryTask[] = [];
  const held: DeliveryTask[] = [];
  const holds: number[] = [];
  const replays: ReplayTask[] = [];
  const suppressed: string[] = [];
  const poison: unknown[] = [];
  const notified: string[] = [];
  let reads = 0;
  const deps: DispatchDeps = {
    async endpointsOf() {
      reads += 1;
      return [anEndpoint()];
    },
    async startGroup(start) {
      starts.push(start);
      started.push(...start.group.tasks);
    },
    async holdDeliveries(deliveries) {
      holds.push(deliveries.length);
      held.push(...deliveries.map(({ task }) => task));
    },
    async startReplay(task) {
      replays.push(task);
    },
    async suppress(event, reason) {
      suppressed.push(`${event.to} ${reason}`);
    },
    async sendPoison(keys) {
      poison.push(keys);
    },
    async notify(event) {
      notified.push(event.event_id);
    },
    autoSuppress: ALL,
    ...changes,
  };
  return { deps, starts, started, held, holds, replays, suppressed, poison, notified, reads: () => reads };
}

export function errorNamed(name: string): Error {
  return Object.assign(new Error(name), { name });
}

/**
 * Like `setUpDispatch`, but Step Functions refuses each group that contains a refused task. `tried` has the size of every group
 * that dispatch tried to start, in the same order.
 */
export function setUpRefusing(
  errorName: string,
  isRefused: (task: DeliveryTask) => boolean,
  changes: Partial<DispatchDeps> = {},
) {
  const tried: number[] = [];
  const world = setUpDispatch(changes);
  const deps: DispatchDeps = {
    ...world.deps,
    startGroup(start) {
      tried.push(start.group.tasks.length);
      return start.group.tasks.some(isRefused)
        ? Promise.reject(errorNamed(errorName))
        : world.deps.startGroup(start);
    },
  };
  return { ...world, deps, tried };
}

/** Dispatch makes its calls in parallel, so their order means nothing. */
export function sorted(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((left, right) => left - right);
}
