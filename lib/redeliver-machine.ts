import { attemptTask, DELAY_PATH, retryOrDone, type MachineDefinition } from './deliver-machine.ts';

/**
 * The state machine Redeliver (Standard) makes every attempt after the first. The deliver function returns the delay
 * before each attempt. Waiting costs nothing, and the execution is visible in the console.
 *
 * Internal errors are retried for up to 24 h. The first seven delays are 5, 10, … 320 s (635 s in total). Each later delay
 * is 10 minutes. With 45 s for each call, (86,400 - 635 - 45 × 8) ÷ (600 + 45) leaves room for 132 of the later delays.
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
          'Records the delivery as exhausted. If that fails for a day too, the execution fails, an alarm is raised, and an operator can redrive it',
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
