import { attemptTask, DELAY_PATH, retryOrDone, type MachineDefinition } from './deliver-machine.ts';

/**
 * The state machine Redeliver (Standard) continues the run of a delivery where Deliver stopped. If Deliver stopped after an
 * internal error, Redeliver makes the same attempt. Otherwise it makes the next attempt, or records an attempt that was sent
 * but not recorded. The deliver function returns the delay before each attempt. Waiting costs nothing, and the execution is
 * visible in the console.
 *
 * Internal errors are retried for up to 24 h (86,400 s). A call takes up to 45 s. The first seven delays are 5, 10, … 320 s,
 * in total 635 s. With the eight calls around them, they take 635 s + 8 × 45 s = 995 s. Each later retry takes a delay of
 * 600 s and a call of 45 s. So (86,400 s - 995 s) ÷ 645 s = 132 later retries fit.
 */
export function redeliverDefinition(targets: { readonly deliverFunctionArn: string }): MachineDefinition {
  return {
    StartAt: 'Wait',
    States: {
      Wait: { Type: 'Wait', SecondsPath: DELAY_PATH, Next: 'Attempt' },
      Attempt: {
        ...attemptTask(targets.deliverFunctionArn),
        Retry: [
          {
            ErrorEquals: ['States.ALL'],
            IntervalSeconds: 5,
            BackoffRate: 2,
            MaxDelaySeconds: 600,
            MaxAttempts: 7 + 132,
          },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Abandon' }],
        Next: 'Choose',
      },
      Choose: retryOrDone('Wait'),
      Abandon: {
        Comment:
          'Records the delivery as exhausted. If this recording fails for another day, the execution fails, an alarm is raised, and an operator can redrive the execution',
        ...attemptTask(targets.deliverFunctionArn, { abandon: true }),
        Retry: [
          {
            ErrorEquals: ['States.ALL'],
            IntervalSeconds: 60,
            BackoffRate: 2,
            MaxDelaySeconds: 3600,
            MaxAttempts: 28,
          },
        ],
        Next: 'Choose',
      },
      Done: { Type: 'Succeed' },
    },
  };
}
