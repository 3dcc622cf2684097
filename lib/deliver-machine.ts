import type { DeliverInput, DeliveryGroup, GroupResult } from '../lambdas/core/deliveries.ts';

/** Timeout of the deliver function: it starts requests for up to 25 s. The last ones take 15 s, and 5 s remain for their rows. */
export const DELIVER_TIMEOUT_SECONDS = 45;

/**
 * The timeout of a Task state that calls the deliver function. It is longer than the function's own timeout, so that the
 * function's timeout ends a slow call first. A cold start and the retries of the invocation take extra time.
 */
const TASK_TIMEOUT_SECONDS = DELIVER_TIMEOUT_SECONDS + 10;

const RETRY: GroupResult['outcome'] = 'retry';

/** The path of a field of the group. Deliver keeps the group at `$.group`, beside its events. Redeliver carries the group alone. */
const field = (name: keyof GroupResult, group = '$'): string => `${group}.${name}`;
const GROUP_PATH = '$.group';

/** A definition in Amazon States Language. */
export interface MachineDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, object>>;
}

/** Parameters of a task that calls the deliver function, beside the execution that calls it. */
type TaskParameters = Readonly<Partial<Record<`${keyof DeliverInput}.$`, string>>> &
  Pick<DeliverInput, 'abandon'>;

/**
 * Returns a Task state (Amazon States Language) that calls the deliver function, for Deliver and for Redeliver. The output is the
 * GroupResult that the function returns.
 */
export function attemptTask(deliverFunctionArn: string, parameters: TaskParameters): object {
  return {
    Type: 'Task',
    Resource: deliverFunctionArn,
    Parameters: { ...parameters, 'execution.$': '$$.Execution.Id' },
    TimeoutSeconds: TASK_TIMEOUT_SECONDS,
  };
}

/**
 * Returns a Choice state that continues with the state `next` if the outcome of the group is `retry`. Every other outcome ends
 * the execution.
 */
export function retryOrDone(next: string, group?: string): object {
  return {
    Type: 'Choice',
    Choices: [{ Variable: field('outcome', group), StringEquals: RETRY, Next: next }],
    Default: 'Done',
  };
}

/**
 * The error of StartRedeliver if the Redeliver execution already exists. Two Deliver executions of one group cause this error,
 * because names of Express executions are not unique. The second name is the emulator's name of the error.
 */
const ALREADY_STARTED = ['StepFunctions.ExecutionAlreadyExistsException', 'ExecutionAlreadyExists'];

/** The path of the delay. The Wait state of Redeliver reads it. */
export const DELAY_PATH = field('delay_seconds');

/** The path at which the Pause state of Deliver writes the delay. */
export const PAUSE_PATH = field('delay_seconds', GROUP_PATH);

/** The longest delays between the calls of a task, and the number of calls. Deliver's worst case is computed from them. */
const ATTEMPT_RETRY = { IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 2 };
const START_RETRY = { IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 5 };
const LEAVE_RETRY = { IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 };
const CALL_TIMEOUT_SECONDS = 5;

/** Seconds that a task takes at most: its calls, each until its timeout, and the longest delays between them. */
function longestSeconds(timeout: number, retry: typeof ATTEMPT_RETRY): number {
  const delays = Array.from(
    { length: retry.MaxAttempts },
    (_, index) => retry.IntervalSeconds * retry.BackoffRate ** index,
  );
  return delays.reduce((sum, delay) => sum + timeout + delay, timeout);
}

/** Seconds of the longest possible execution of Deliver. AWS ends an Express execution after 300 s. */
export const LONGEST_DELIVER_SECONDS =
  longestSeconds(TASK_TIMEOUT_SECONDS, ATTEMPT_RETRY) +
  longestSeconds(CALL_TIMEOUT_SECONDS, START_RETRY) +
  longestSeconds(CALL_TIMEOUT_SECONDS, LEAVE_RETRY);

/**
 * The state machine Deliver (Express) makes the first attempts of a group: the deliveries that one stream batch, a recovery, a
 * drain or a manual request causes for one endpoint. An Express execution ends after 5 minutes, and a retry can wait for
 * hours. So Deliver starts Redeliver (Standard) for the deliveries that need another attempt. If Deliver cannot start Redeliver,
 * Deliver sends the group to a dead-letter queue.
 *
 * The input is `{group, events}`. Only the group, which has no content of an email, leaves the execution.
 */
export function deliverDefinition(targets: {
  readonly partition: string;
  readonly deliverFunctionArn: string;
  readonly redeliverMachineArn: string;
  readonly deadLetterQueueUrl: string;
}): MachineDefinition {
  const integration = (action: string): string => `arn:${targets.partition}:states:::${action}`;
  return {
    StartAt: 'Input',
    States: {
      Input: {
        Type: 'Choice',
        Choices: [{ Variable: GROUP_PATH, IsPresent: true, Next: 'Attempt' }],
        Default: 'WrapTask',
      },
      WrapTask: {
        Comment:
          'While the stack is updated from version 0.1.0, its dispatch function still starts single tasks',
        Type: 'Pass',
        Parameters: { 'group.$': '$', events: [] },
        Next: 'Attempt',
      },
      Attempt: {
        ...attemptTask(targets.deliverFunctionArn, { 'group.$': GROUP_PATH, 'events.$': '$.events' }),
        ResultPath: GROUP_PATH,
        // If the endpoint's server fails, the deliver function does not throw: it returns the outcome. So every error that is
        // retried here is an internal error: the function threw or timed out, or Lambda throttled the call.
        Retry: [{ ErrorEquals: ['States.ALL'], ...ATTEMPT_RETRY, JitterStrategy: 'FULL' }],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Pause' }],
        Next: 'Choose',
      },
      Choose: retryOrDone('StartRedeliver', GROUP_PATH),
      Pause: {
        Comment:
          'Internal error: Redeliver makes the same attempts one minute later, and can retry them for a day',
        Type: 'Pass',
        Result: 60,
        ResultPath: PAUSE_PATH,
        Next: 'StartRedeliver',
      },
      StartRedeliver: {
        Type: 'Task',
        Resource: integration('states:startExecution'),
        Parameters: {
          StateMachineArn: targets.redeliverMachineArn,
          'Name.$': field('execution_name' satisfies keyof DeliveryGroup, GROUP_PATH),
          'Input.$': GROUP_PATH,
        },
        ResultPath: null,
        TimeoutSeconds: CALL_TIMEOUT_SECONDS,
        Retry: [
          { ErrorEquals: ALREADY_STARTED, MaxAttempts: 0 },
          // Step Functions can throttle many executions at once. The jitter prevents them from retrying at the same moment.
          { ErrorEquals: ['States.ALL'], ...START_RETRY, JitterStrategy: 'FULL' },
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
        Parameters: { QueueUrl: targets.deadLetterQueueUrl, 'MessageBody.$': GROUP_PATH },
        TimeoutSeconds: CALL_TIMEOUT_SECONDS,
        Retry: [{ ErrorEquals: ['States.ALL'], ...LEAVE_RETRY }],
        Next: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  };
}
