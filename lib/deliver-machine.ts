import type { DeliverInput, DeliveryResult, Outcome } from '../lambdas/core/deliveries.ts';

/** Timeout of the deliver function: 15 s for the attempt, the rest for rows and for a cold start. */
export const DELIVER_TIMEOUT_SECONDS = 30;

/**
 * The timeout of a Task state that calls the deliver function. It is longer than the function's own timeout, so that the
 * function's timeout ends a slow call first. A cold start and the retries of the invocation take extra time.
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
 * Returns a Task state (Amazon States Language) that calls the deliver function, for Deliver and for Redeliver. The input of
 * the Task state is a DeliveryTask. The output is the DeliveryResult that the function returns.
 */
export function attemptTask(deliverFunctionArn: string, extra: Pick<DeliverInput, 'abandon'> = {}): object {
  return {
    Type: 'Task',
    Resource: deliverFunctionArn,
    Parameters: { 'task.$': '$', 'execution.$': '$$.Execution.Id', ...extra },
    TimeoutSeconds: TASK_TIMEOUT_SECONDS,
  };
}

/**
 * Returns a Choice state that continues with the state `next` if the outcome is `retry`. Every other outcome ends the
 * execution.
 */
export function retryOrDone(next: string): object {
  return {
    Type: 'Choice',
    Choices: [{ Variable: field('outcome'), StringEquals: RETRY, Next: next }],
    Default: 'Done',
  };
}

/**
 * The error of StartRedeliver if the Redeliver execution already exists. Two Deliver executions of one task cause this error,
 * because names of Express executions are not unique. The second name is the emulator's name of the error.
 */
const ALREADY_STARTED = ['StepFunctions.ExecutionAlreadyExistsException', 'ExecutionAlreadyExists'];

/** The path of the delay. The Wait state of Redeliver reads it, and the Pause state of Deliver writes it. */
export const DELAY_PATH = field('delay_seconds');

/**
 * The state machine Deliver (Express) makes the first attempt of each run of a delivery. A run starts with an event, a
 * recovery, a drain or a manual request. An Express execution ends after 5 minutes, and a retry can wait for hours. So Deliver
 * starts Redeliver (Standard) if the run needs another attempt. If Deliver cannot start Redeliver, Deliver sends the state data to a dead-letter queue.
 * The state data is the DeliveryTask or the DeliveryResult.
 *
 * The limit of an Express execution is 300 s. The longest possible execution takes 273 s. This sum of
 * calls × timeout + delays between the calls assumes the longest delays:
 *
 * - Attempt: 4 × 45 s + (2 + 4 + 8) s = 194 s
 * - StartRedeliver: 6 × 5 s + (1 + 2 + 4 + 8 + 16) s = 61 s
 * - LeaveKeys: 3 × 5 s + (1 + 2) s = 18 s
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
        // If the endpoint's server fails, the deliver function does not throw: it returns the outcome. So every error that is
        // retried here is an internal error: the function threw or timed out, or Lambda throttled the call.
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
          // Step Functions can throttle many executions at once. The jitter prevents them from retrying at the same moment.
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
