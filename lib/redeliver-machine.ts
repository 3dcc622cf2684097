import { attemptTask, DELAY_PATH, retryOrDone, type MachineDefinition } from './deliver-machine.ts';

/**
 * The state machine Redeliver (Standard) continues the deliveries of a group where Deliver stopped. It makes the next attempt
 * of each, or the same attempt after an internal error, or it records an attempt that was sent but not recorded. The deliver
 * function returns the delay before the next wake. At a wake, it attempts the deliveries that are due. Waiting costs
 * nothing, and the execution is visible in the console.
 *
 * The deliver function throws only if an internal error meets the whole group. Such errors are retried for up to 24 h
 * (86,400 s). A call takes up to 55 s. The first seven delays are 5, 10, … 320 s, in total 635 s. With the eight calls around
 * them, they take 635 s + 8 × 55 s = 1,075 s. Each later retry takes a delay of 600 s and a call of 55 s. So
 * (86,400 s - 1,075 s) ÷ 655 s = 130 later retries fit.
 */
export function redeliverDefinition(targets: { readonly deliverFunctionArn: string }): MachineDefinition {
  return {
    StartAt: 'Wait',
    States: {
      Wait: { Type: 'Wait', SecondsPath: DELAY_PATH, Next: 'Attempt' },
      Attempt: {
        ...attemptTask(targets.deliverFunctionArn, { 'group.$': '$' }),
        Retry: [
          {
            ErrorEquals: ['States.ALL'],
            IntervalSeconds: 5,
            BackoffRate: 2,
            MaxDelaySeconds: 600,
            MaxAttempts: 7 + 130,
          },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Abandon' }],
        Next: 'Choose',
      },
      Choose: retryOrDone('Wait'),
      Abandon: {
        Comment:
          'Records the deliveries as exhausted. If this recording fails for another day, the execution fails, an alarm is raised, and an operator can redrive the execution',
        ...attemptTask(targets.deliverFunctionArn, { 'group.$': '$', abandon: true }),
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
