import type { DeliverInput, DeliveryResult, Outcome } from '../lambdas/core/deliveries.ts';

/** Own timeout of the deliver λ: 15 s for the attempt, the rest for reading and writing rows and for a cold start. */
export const DELIVER_TIMEOUT_SECONDS = 30;

/** More than the function's own, which is the one to end it: a cold start and the invocation's own tries come on top. */
const TASK_TIMEOUT_SECONDS = DELIVER_TIMEOUT_SECONDS + 15;

const RETRY: Outcome = 'retry';
const field = (name: keyof DeliveryResult): string => `$.${name}`;

/** In Amazon States Language. */
export interface MachineDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, object>>;
}

/** One call of the deliver λ. Both machines carry a DeliveryTask as their whole state, and take its answer as the next. */
export function attemptTask(deliverFunctionArn: string, extra: Pick<DeliverInput, 'abandon'> = {}): object {
  return {
    Type: 'Task',
    Resource: deliverFunctionArn,
    Parameters: { 'task.$': '$', 'execution.$': '$$.Execution.Id', ...extra },
    TimeoutSeconds: TASK_TIMEOUT_SECONDS,
  };
}

/** Goes on to `next` when the λ's answer asks for another attempt; every other outcome is an end. */
export function retryOrDone(next: string): object {
  return {
    Type: 'Choice',
    Choices: [{ Variable: field('outcome'), StringEquals: RETRY, Next: next }],
    Default: 'Done',
  };
}

/** Started before, by an execution that ran twice. The second name is the local emulator's. */
const ALREADY_STARTED = ['StepFunctions.ExecutionAlreadyExistsException', 'ExecutionAlreadyExists'];

/** Redeliver's Wait reads it, and so does the pause below. */
export const DELAY_PATH = field('delay_seconds');

/**
 * "Deliver", Express: the first attempt. An execution of it has no second life: what it cannot finish itself it hands to
 * Redeliver or, if that cannot be started, leaves as keys in a queue.
 *
 * Express ends everything after 5 minutes. The longest it can take, all jitter at its worst:
 * Attempt 4 × 45 + 2 + 4 + 8, StartRedeliver 6 × 5 + 1 + 2 + 4 + 8 + 16, LeaveKeys 3 × 5 + 1 + 2 = 273 s.
 */
export function deliverDefinition(targets: {
  readonly partition: string;
  readonly deliverFunctionArn: string;
  readonly redeliverMachineArn: string;
  readonly deadLetterQueueUrl: string;
}): MachineDefinition {
  const integration = (action: string): string => `arn:${targets.partition}:states:::${action}`;
  return {
    StartAt: 'Attempt',
    States: {
      Attempt: {
        ...attemptTask(targets.deliverFunctionArn),
        // A receiver's failure is an answer; what is thrown is a fault of our own, throttling included.
        Retry: [
          {
            ErrorEquals: ['States.ALL'],
            IntervalSeconds: 2,
            BackoffRate: 2,
            MaxAttempts: 3,
            JitterStrategy: 'FULL',
          },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Pause' }],
        Next: 'Choose',
      },
      Choose: retryOrDone('StartRedeliver'),
      Pause: {
        Comment: 'A fault of our own: the same attempt, a minute later, where it can be repeated for a day',
        Type: 'Pass',
        Result: 60,
        ResultPath: DELAY_PATH,
        Next: 'StartRedeliver',
      },
      StartRedeliver: {
        Type: 'Task',
        Resource: integration('states:startExecution'),
        Parameters: {
          StateMachineArn: targets.redeliverMachineArn,
          'Name.$': field('execution_name'),
          'Input.$': '$',
        },
        ResultPath: null,
        TimeoutSeconds: 5,
        Retry: [
          { ErrorEquals: ALREADY_STARTED, MaxAttempts: 0 },
          // Many at once are throttled together: the jitter keeps them from coming back together.
          {
            ErrorEquals: ['States.ALL'],
            IntervalSeconds: 1,
            BackoffRate: 2,
            MaxAttempts: 5,
            JitterStrategy: 'FULL',
          },
        ],
        Catch: [
          { ErrorEquals: ALREADY_STARTED, ResultPath: null, Next: 'Done' },
          { ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'LeaveKeys' },
        ],
        Next: 'Done',
      },
      LeaveKeys: {
        Type: 'Task',
        Resource: integration('sqs:sendMessage'),
        Parameters: { QueueUrl: targets.deadLetterQueueUrl, 'MessageBody.$': '$' },
        TimeoutSeconds: 5,
        Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 }],
        Next: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  };
}
