import type { ReplayResult } from '../lambdas/core/commands.ts';
import { DELAY_PATH, type MachineDefinition } from './deliver-machine.ts';

/** Timeout of the recover function. It reads a few thousand rows and starts a hundred executions. */
export const RECOVER_TIMEOUT_SECONDS = 60;

const OUTCOME: keyof ReplayResult = 'outcome';
const CONTINUE: ReplayResult['outcome'] = 'continue';

/**
 * The state machine Recover (Standard) runs one replay for an endpoint: a recovery of missed events, or a drain of held
 * deliveries. Each step starts up to 100 deliveries. While the breaker of the endpoint is open, each step starts one delivery
 * as a probe. The input of each step is a ReplayTask. The recover function returns the delay before the next step.
 *
 * Internal errors are retried for up to 24 h. The delays are those of Redeliver: 5, 10, … 320 s, then 600 s. The number of
 * retries is lower, because a call can take 75 s. After the last retry, the execution fails and an alarm is raised. An
 * operator can redrive the execution.
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
