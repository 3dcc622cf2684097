import type { ReplayResult } from '../lambdas/core/commands.ts';
import { DELAY_PATH, type MachineDefinition } from './deliver-machine.ts';

/** Own timeout of the recover λ: it reads some thousand rows and starts a hundred executions. */
export const RECOVER_TIMEOUT_SECONDS = 60;

const OUTCOME: keyof ReplayResult = 'outcome';
const CONTINUE: ReplayResult['outcome'] = 'continue';

/**
 * "Recover", Standard: delivers what an endpoint missed, or what was held back for it, some at a time. Its whole state is
 * a PacedTask; the λ says how long to wait for the next step. Faults of our own are tried again for up to 24 h, with the
 * waits of Redeliver; after it the execution fails, with an alarm, and can be redriven.
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
