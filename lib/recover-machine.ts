import type { ReplayResult } from '../lambdas/core/commands.ts';
import { DELAY_PATH, type MachineDefinition } from './deliver-machine.ts';

/** Timeout of the recover function. It reads a few thousand rows and starts a hundred executions. */
export const RECOVER_TIMEOUT_SECONDS = 60;

const OUTCOME: keyof ReplayResult = 'outcome';
const CONTINUE: ReplayResult['outcome'] = 'continue';

/**
 * The state machine Recover (Standard) delivers, in steps, the events that an endpoint missed or that are held for it.
 * Its state is a ReplayTask. The recover function returns the delay before the next step.
 *
 * Internal errors are retried for up to 24 h, with the delays of Redeliver. After that, the execution fails and an alarm
 * is raised. An operator can redrive the execution.
 */
export function recoverDefinition(targets: { readonly recoverFunctionArn: string }): MachineDefinition {
  return {
    StartAt: 'Wait',
    States: {
      Wait: { Type: 'Wait', SecondsPath: DELAY_PATH, Next: 'Step' },
      Step: {
        Type: 'Task',
        Resource: targets.recoverFunctionArn,
        TimeoutSeconds: RECOVER_TIMEOUT_SECONDS + 15,
        Retry: [
          {
            ErrorEquals: ['States.ALL'],
            IntervalSeconds: 5,
            BackoffRate: 2,
            MaxDelaySeconds: 600,
            MaxAttempts: 130,
          },
        ],
        Next: 'Choose',
      },
      Choose: {
        Type: 'Choice',
        Choices: [{ Variable: `$.${OUTCOME}`, StringEquals: CONTINUE, Next: 'Wait' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  };
}
