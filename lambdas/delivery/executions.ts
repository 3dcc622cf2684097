import { ExecutionAlreadyExists, StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { PacedTask } from '../core/commands.ts';
import type { DeliveryTask } from '../core/deliveries.ts';

/** Starts the Express machine; it does not know names, so a repeated start runs twice and the claim sorts it out. */
export async function startDelivery(sfn: SFNClient, machineArn: string, task: DeliveryTask): Promise<void> {
  await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: machineArn,
      name: task.execution_name,
      input: JSON.stringify(task),
    }),
  );
}

/** Starts the Recover machine, once for each name. */
export async function startPaced(sfn: SFNClient, machineArn: string, task: PacedTask): Promise<void> {
  try {
    await sfn.send(
      new StartExecutionCommand({
        stateMachineArn: machineArn,
        name: task.execution_name,
        input: JSON.stringify(task),
      }),
    );
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}
