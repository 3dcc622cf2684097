import { ExecutionAlreadyExists, StartExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { ReplayTask } from '../core/commands.ts';
import type { GroupStart } from './groups.ts';

/**
 * The error without its message, which can quote the input. The input contains events, and neither a log nor a dead letter may
 * contain them. The other fields decide how the caller reacts.
 */
function withoutMessage(error: unknown): Error {
  const { name, code, $fault, $metadata, $retryable } = error as Readonly<Record<string, unknown>>;
  const fields = { name, code, $fault, $metadata, $retryable };
  return Object.assign(new Error('Step Functions did not start the execution'), fields);
}

/** Starts an execution. An execution that already exists under the same name counts as started. */
async function start(
  sfn: SFNClient,
  execution: { readonly stateMachineArn: string; readonly name: string; readonly input: unknown },
): Promise<void> {
  const { stateMachineArn, name } = execution;
  // A TypeError shows that the row of the command is the cause, so it is thrown as it is.
  const input = JSON.stringify(execution.input);
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input }));
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw withoutMessage(error);
  }
}

/**
 * Starts the Express machine Deliver. Step Functions does not require unique names for Express executions, so a repeated
 * start runs a second execution of the same group. The claim lets only one of the two executions make each attempt. The other
 * can make the attempt only if the first one ends without recording its result.
 */
export function startGroup(sfn: SFNClient, machineArn: string, groupStart: GroupStart): Promise<void> {
  const name = groupStart.group.execution_name;
  return start(sfn, { stateMachineArn: machineArn, name, input: groupStart });
}

/** Starts the Standard machine Recover. A repeated start with the same name starts no second execution. */
export function startReplay(sfn: SFNClient, machineArn: string, task: ReplayTask): Promise<void> {
  return start(sfn, { stateMachineArn: machineArn, name: task.execution_name, input: task });
}
