/** Rare steps of delivery groups that the scenario must reach: refused batches, a taken claim, and a new execution after many wakes. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DeliveryTask } from '../../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import type { EmailEvent } from '../../../lambdas/core/events.ts';
import { deterministicId } from '../../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import { createFirstTask, createTask } from '../../../lambdas/delivery/dispatch.ts';
import { singleGroup } from '../../../lambdas/delivery/groups.ts';
import { putCommand } from '../../../lambdas/store/commands.ts';
import { awsError } from '../../../sim/aws-error.ts';
import type { FaultPlan } from '../../../sim/faults.ts';
import type { SimulatedDeployment } from '../../../sim/deployment.ts';
import type { LambdaProcess } from '../../../sim/process.ts';

/** The end of the id of the message whose deliveries are held together. */
export const HELD_TOGETHER = 'held-together';

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

function canceledTransaction(): TransactionCanceledException {
  return new TransactionCanceledException({
    message: 'Transaction canceled',
    CancellationReasons: [{ Code: 'ConditionalCheckFailed' }],
    $metadata: {},
  });
}

/** DynamoDB refuses a batch of claims, a batch of deliveries, the record of a retry, the opening of a breaker, and held deliveries. */
export function refuseBatches({ table }: SimulatedDeployment): void {
  const { before } = table;
  const refused = new Set<string>();
  /** The id of the first opening of a breaker. */
  let firstOpening: string | undefined;
  table.before = (command, input) => {
    before(command, input);
    const text = JSON.stringify(input);
    const refuse = (what: string, error: Error): void => {
      if (refused.has(what)) return;
      refused.add(what);
      throw error;
    };
    if (command === 'BatchExecuteStatementCommand' && countOf(text, 'INSERT') > 1)
      refuse('claims', awsError('ValidationException', 'A statement is refused'));
    if (command === 'BatchWriteCommand' && text.includes('"status":"retrying"'))
      refuse('deliveries', awsError('InternalServerError', 'The service failed', 500));
    if (command === 'PutCommand' && text.includes('"kind":"attempt"'))
      refuse('attempt', awsError('InternalServerError', 'The service failed', 500));
    // As if a person had changed the scope between the guard's read and its write. The guard then decides again.
    if (command === 'TransactWriteCommand' && text.includes('"state":"warning"'))
      refuse('warning', canceledTransaction());
    // As if the endpoint had changed in the meantime. An opening has two tries, with and without an entry in the history.
    if (command === 'TransactWriteCommand' && text.includes('"opened_at"')) {
      const opening = /"id":"(\w+)"/.exec(text)?.[1];
      firstOpening ??= opening;
      if (opening === firstOpening) throw canceledTransaction();
    }
    // Every try of the whole transaction fails, so each delivery must be stored alone.
    if (
      command === 'TransactWriteCommand' &&
      text.includes(HELD_TOGETHER) &&
      countOf(text, '"status":"held"') > 1
    )
      throw awsError('ValidationException', 'The transaction is refused');
  };
}

/**
 * DynamoDB executes every second batch of a process partly, and starts are throttled. The calls themselves retry both. The first
 * four sending processes end before their first request, so their claims are taken over.
 */
export function smallFaults({ dice }: SimulatedDeployment): FaultPlan {
  /** The kinds of batches whose last one was executed partly, by process. */
  const partial = new Map<LambdaProcess | undefined, Set<string>>();
  const senders = new Set<LambdaProcess | undefined>();
  return ({ name, process, possible }) => {
    if (possible.includes('partial')) {
      const names = partial.get(process) ?? new Set();
      partial.set(process, names);
      if (names.delete(name)) return undefined;
      names.add(name);
      return 'partial';
    }
    if (name === 'send' && senders.size < 4 && !senders.has(process)) {
      senders.add(process);
      return 'killed';
    }
    return name === 'StartExecution' && dice.chance(0.3) ? 'throttled' : undefined;
  };
}

/** A manual second attempt of a delivery that does not exist, as if its rows had expired. */
export async function attemptExpired(
  { table, clock }: SimulatedDeployment,
  event: EmailEvent,
  { id: endpointId, workspace_id: workspaceId }: Endpoint,
): Promise<void> {
  const id = deterministicId('req', ['expired']);
  const task: DeliveryTask = createTask(event, endpointId, { id, trigger: 'manual', attempts: 1 });
  const command = { command: 'redeliver' as const, task, id, workspace_id: workspaceId };
  await putCommand(table, command, formatTimestamp(clock.nowMs));
}

/** A group that has used up the wakes of its execution and continues in a new one. */
export async function continueGroup(
  { table, clock }: SimulatedDeployment,
  event: EmailEvent,
  { id: endpointId, workspace_id: workspaceId }: Endpoint,
): Promise<void> {
  const { group } = singleGroup(createFirstTask(event, endpointId));
  await putCommand(
    table,
    {
      command: 'retry',
      id: deterministicId('req', ['full']),
      workspace_id: workspaceId,
      group: { ...group, wakes: 1_600 },
    },
    formatTimestamp(clock.nowMs),
  );
}
