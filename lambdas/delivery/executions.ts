import { ExecutionAlreadyExists, StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { ReplayTask } from '../core/commands.ts';
import type { DeliveryTask } from '../core/deliveries.ts';

/** Starts an execution. An execution that already exists under the same name counts as started. */
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

/**
 * Starts the Express machine. Names of Express executions are not unique, so two executions of one task may run. The claim
 * of the attempt lets only one of them send.
 */
export function startDelivery(sfn: SFNClient, machineArn: string, task: DeliveryTask): Promise<void> {
  return start(sfn, machineArn, task);
}

/** Starts the Recover machine, once per name. */
export function startReplay(sfn: SFNClient, machineArn: string, task: ReplayTask): Promise<void> {
  return start(sfn, machineArn, task);
}
