import { attemptTask, DELAY_PATH, retryOrDone, type MachineDefinition } from './deliver-machine.ts';

/**
 * "Redeliver", Standard: every attempt after the first. It waits as long as the deliver λ said, without costing
 * anything, and is seen in the console while it does.
 *
 * Faults of our own are tried again for up to 24 h: the first seven waits are 5, 10, … 320 s (635 s), each after them
 * 10 minutes. With 45 s for each try, (86,400 - 635 - 45 × 8) ÷ (600 + 45) leaves room for 132 of those.
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
          'Writes the end down. If even that fails for a day, the execution fails, with an alarm, and can be redriven',
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
