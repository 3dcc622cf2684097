import { ExecutionAlreadyExists, StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { ReplayTask } from '../core/commands.ts';
import type { DeliveryTask } from '../core/deliveries.ts';

/** One that has this name already counts as started. */
async function start(
  sfn: SFNClient,
  stateMachineArn: string,
  task: { readonly execution_name: string },
): Promise<void> {
  try {
    await sfn.send(
      new StartExecutionCommand({ stateMachineArn, name: task.execution_name, input: JSON.stringify(task) }),
    );
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}

/** Starts the Express machine. AWS does not hold its executions to their names: one may run twice, and the claim sorts it out. */
export function startDelivery(sfn: SFNClient, machineArn: string, task: DeliveryTask): Promise<void> {
  return start(sfn, machineArn, task);
}

/** Starts the Recover machine, once for each name. */
export function startReplay(sfn: SFNClient, machineArn: string, task: ReplayTask): Promise<void> {
  return start(sfn, machineArn, task);
}
