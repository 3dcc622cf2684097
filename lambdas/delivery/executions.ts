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
 * Starts the Express machine Deliver. Step Functions does not require unique names for Express executions, so a repeated
 * start runs a second execution of the same task. The claim lets only one of the two executions make the attempt. The other
 * can make the attempt only if the first one ends without recording its result.
 */
export function startDelivery(sfn: SFNClient, machineArn: string, task: DeliveryTask): Promise<void> {
  return start(sfn, machineArn, task);
}

/** Starts the Standard machine Recover. A repeated start with the same name starts no second execution. */
export function startReplay(sfn: SFNClient, machineArn: string, task: ReplayTask): Promise<void> {
  return start(sfn, machineArn, task);
}
