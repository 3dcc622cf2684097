import { Logger } from '@aws-lambda-powertools/logger';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { ReplayResult, ReplayTask } from '../core/commands.ts';
import { ENV, requireEnv, waitScaleOf } from '../core/env.ts';
import { startGroup } from '../delivery/executions.ts';
import { runReplayStep, type ReplayDeps } from '../delivery/recover.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'recover' });
const stepFunctions = new SFNClient({});
const machineArn = requireEnv(process.env, ENV.deliverMachineArn);
const deps: ReplayDeps = {
  table: createTable(requireEnv(process.env, ENV.tableName)),
  startGroup: (group) => startGroup(stepFunctions, machineArn, group),
  now: Date.now,
  waitScale: waitScaleOf(process.env),
};

/** Makes one step of a replay. The Recover state machine calls this function, and its result is the input of the next step. */
export async function handler(task: ReplayTask): Promise<ReplayResult> {
  const result = await runReplayStep(deps, task);
  logger.info('recover.step', {
    command: task.command,
    command_id: task.command_id,
    workspace_id: task.workspace_id,
    outcome: result.outcome,
    steps: result.steps,
  });
  return result;
}
