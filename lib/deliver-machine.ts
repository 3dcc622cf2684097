import type { DeliverInput, DeliveryResult, Outcome } from '../lambdas/core/deliveries.ts';

/** Timeout of the deliver function: 15 s for the attempt, the rest for rows and for a cold start. */
export const DELIVER_TIMEOUT_SECONDS = 30;

/**
 * Longer than the function's timeout, which must end the call first. A cold start and the retries of the invocation take
 * extra time.
 */
const TASK_TIMEOUT_SECONDS = DELIVER_TIMEOUT_SECONDS + 15;

const RETRY: Outcome = 'retry';
const field = (name: keyof DeliveryResult): string => `$.${name}`;

/** A definition in Amazon States Language. */
export interface MachineDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, object>>;
}

/**
 * A state that calls the deliver function. Its input is a DeliveryTask, in both machines. The result of the call becomes its
 * output.
 */
export function attemptTask(deliverFunctionArn: string, extra: Pick<DeliverInput, 'abandon'> = {}): object {
  return {
    Type: 'Task',
    Resource: deliverFunctionArn,
    Parameters: { 'task.$': '$', 'execution.$': '$$.Execution.Id', ...extra },
    TimeoutSeconds: TASK_TIMEOUT_SECONDS,
  };
}

/** A state that continues with `next` if the outcome is `retry`. Every other outcome ends the execution. */
export function retryOrDone(next: string): object {
  return {
    Type: 'Choice',
    Choices: [{ Variable: field('outcome'), StringEquals: RETRY, Next: next }],
    Default: 'Done',
  };
}

/**
 * The error for an execution that already exists, because Express ran this execution twice. The second name is the
 * emulator's.
 */
const ALREADY_STARTED = ['StepFunctions.ExecutionAlreadyExistsException', 'ExecutionAlreadyExists'];

/** The path of the delay. The Wait state of Redeliver reads it, and the Pause state of Deliver writes it. */
export const DELAY_PATH = field('delay_seconds');

/**
 * The state machine Deliver (Express) makes the first attempt. An Express execution cannot be redriven. A delivery that
 * needs more attempts is passed to Redeliver. If Redeliver cannot be started, the keys are sent to a dead-letter queue.
 *
 * An Express execution ends after 5 minutes. The longest possible execution, with maximum jitter:
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
        // A failure of the receiver is a result. Only internal errors are thrown, including throttling.
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
        Comment:
          'Internal error: Redeliver makes the same attempt one minute later, and can retry it for a day',
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
          // Executions that are throttled at the same time must not retry at the same time, so the delay has jitter.
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
