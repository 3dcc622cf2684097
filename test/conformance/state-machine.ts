/** The behavior of Step Functions that the product's definitions rely on, tested on the model and on the emulator. */
import { expect, it } from 'vitest';
import { namedError } from '../../sim/aws-error.ts';

export interface ExecutionResult {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly output?: unknown;
}

/** The code of a Lambda function. The state machine sees the name of the error that it throws. */
export type FunctionHandler = (input: Readonly<Record<string, unknown>>) => unknown;

export interface StateMachinesUnderTest {
  readonly run: (definition: object, input: object) => Promise<ExecutionResult>;
  readonly queueUrl: string;
  /** The URL of a queue that does not exist. */
  readonly missingQueueUrl: string;
  /** Returns the bodies of the messages in the queue and deletes the messages. */
  readonly takeSentBodies: () => Promise<readonly unknown[]>;
  /** Sets the code of the function. */
  readonly setHandler: (handler: FunctionHandler) => void;
  readonly functionArn: string;
  /** A second state machine, which does nothing. */
  readonly otherMachineArn: string;
  /** The time in seconds, by the clock of the state machines. */
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
}

export interface StateMachineOptions {
  /** Whether MaxDelaySeconds limits the wait before a retry. */
  readonly limitsDelay: boolean;
  /** Whether the error of a function keeps its name. */
  readonly namesErrors: boolean;
}

const DONE = { Type: 'Succeed' };

function sendTask(QueueUrl: string, fields: object): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage',
    Parameters: { QueueUrl, 'MessageBody.$': '$' },
    Next: 'Done',
    ...fields,
  };
}

/** A definition that calls the function. `fields` are added to the task. A catcher can continue at Caught. */
function callDefinition(Resource: string, fields: object): object {
  return {
    StartAt: 'Call',
    States: {
      Call: { Type: 'Task', Resource, Next: 'Done', ...fields },
      Caught: { Type: 'Pass', Result: 'caught', ResultPath: '$.mark', Next: 'Done' },
      Done: DONE,
    },
  };
}

export function testStateMachines(
  make: () => Promise<StateMachinesUnderTest>,
  { limitsDelay, namesErrors }: StateMachineOptions,
): void {
  it('a Pass state adds its result to the input', async () => {
    const { run } = await make();
    const definition = {
      StartAt: 'Pause',
      States: { Pause: { Type: 'Pass', Result: 60, ResultPath: '$.delay', Next: 'Done' }, Done: DONE },
    };
    expect(await run(definition, { a: 1 })).toEqual({ status: 'SUCCEEDED', output: { a: 1, delay: 60 } });
  });

  it.each([
    ['retry', 'matched'],
    ['delivered', 'default'],
  ])('a Choice state chooses by the outcome %s', async (outcome, mark) => {
    const { run } = await make();
    const pass = (Result: string) => ({ Type: 'Pass', Result, ResultPath: '$.mark', Next: 'Done' });
    const definition = {
      StartAt: 'Choose',
      States: {
        Choose: {
          Type: 'Choice',
          Choices: [{ Variable: '$.outcome', StringEquals: 'retry', Next: 'Matched' }],
          Default: 'Default',
        },
        Matched: pass('matched'),
        Default: pass('default'),
        Done: DONE,
      },
    };
    expect(await run(definition, { outcome })).toEqual({ status: 'SUCCEEDED', output: { outcome, mark } });
  });

  it('a Wait state waits for the seconds in its input and passes the input on', async () => {
    const { run } = await make();
    const definition = {
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', SecondsPath: '$.delay', Next: 'Done' }, Done: DONE },
    };
    expect(await run(definition, { delay: 1 })).toEqual({ status: 'SUCCEEDED', output: { delay: 1 } });
  });

  it('a Task calls its resource with its parameters', async () => {
    const { run, queueUrl, takeSentBodies } = await make();
    const definition = {
      StartAt: 'Send',
      States: { Send: sendTask(queueUrl, { ResultPath: null }), Done: DONE },
    };
    expect(await run(definition, { a: { b: [1] } })).toMatchObject({
      status: 'SUCCEEDED',
      output: { a: { b: [1] } },
    });
    expect(await takeSentBodies()).toEqual([{ a: { b: [1] } }]);
  });

  it('a failed Task is retried, then caught, and keeps its input', async () => {
    const { run, missingQueueUrl } = await make();
    const definition = {
      StartAt: 'Send',
      States: {
        Send: sendTask(missingQueueUrl, {
          Retry: [
            { ErrorEquals: ['Some.OtherError'], MaxAttempts: 0 },
            { ErrorEquals: ['States.ALL'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 1 },
          ],
          Catch: [
            { ErrorEquals: ['Some.OtherError'], ResultPath: null, Next: 'Wrong' },
            { ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Caught' },
          ],
        }),
        Wrong: { Type: 'Pass', Result: 'wrong', ResultPath: '$.mark', Next: 'Done' },
        Caught: { Type: 'Pass', Result: 'caught', ResultPath: '$.mark', Next: 'Done' },
        Done: DONE,
      },
    };
    expect(await run(definition, { a: 1 })).toEqual({
      status: 'SUCCEEDED',
      output: { a: 1, mark: 'caught' },
    });
  });

  it('an execution fails if no catcher matches the error of a Task', async () => {
    const { run, missingQueueUrl } = await make();
    const definition = { StartAt: 'Send', States: { Send: sendTask(missingQueueUrl, {}), Done: DONE } };
    expect(await run(definition, { a: 1 })).toMatchObject({ status: 'FAILED' });
  });

  it('$$.Execution.Id is the same in every retry and different in another execution', async () => {
    const { run, setHandler, functionArn } = await make();
    const inputs: unknown[] = [];
    setHandler((input) => {
      inputs.push(input);
      if (inputs.length % 2 === 1) throw namedError('Once', 'The first call fails');
      return {};
    });
    const definition = callDefinition(functionArn, {
      Parameters: { 'task.$': '$', 'execution.$': '$$.Execution.Id', constant: true },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1 }],
    });
    await run(definition, { a: 1 });
    await run(definition, { a: 1 });
    const executionAt = (index: number) => (inputs[index] as { readonly execution: string }).execution;
    expect(inputs[0]).toEqual({ task: { a: 1 }, execution: expect.stringMatching(/./), constant: true });
    expect([executionAt(1), executionAt(3)]).toEqual([executionAt(0), executionAt(2)]);
    expect(executionAt(2)).not.toBe(executionAt(0));
  });

  it.runIf(namesErrors)('a catcher matches the name of the error that a function throws', async () => {
    const { run, setHandler, functionArn } = await make();
    setHandler(() => {
      throw namedError('FunctionError', 'The function failed');
    });
    const runWithCatcher = (name: string) =>
      run(
        callDefinition(functionArn, { Catch: [{ ErrorEquals: [name], ResultPath: null, Next: 'Caught' }] }),
        {},
      );
    expect(await runWithCatcher('FunctionError')).toEqual({
      status: 'SUCCEEDED',
      output: { mark: 'caught' },
    });
    expect(await runWithCatcher('OtherError')).toMatchObject({ status: 'FAILED' });
  });

  it('a Task that exceeds TimeoutSeconds fails with States.Timeout', async () => {
    const { run, setHandler, functionArn, sleep } = await make();
    setHandler(async () => {
      await sleep(4);
      return {};
    });
    const definition = callDefinition(functionArn, {
      TimeoutSeconds: 1,
      Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Caught' }],
    });
    expect(await run(definition, {})).toEqual({ status: 'SUCCEEDED', output: { mark: 'caught' } });
  });

  it.runIf(limitsDelay)('the waits between retries grow up to MaxDelaySeconds', async () => {
    const { run, setHandler, functionArn, now } = await make();
    const calledAt: number[] = [];
    setHandler(() => {
      calledAt.push(now());
      throw namedError('Always', 'Every call fails');
    });
    const ErrorEquals = ['States.ALL'];
    const definition = callDefinition(functionArn, {
      Retry: [{ ErrorEquals, IntervalSeconds: 1, BackoffRate: 2, MaxDelaySeconds: 3, MaxAttempts: 4 }],
      Catch: [{ ErrorEquals, ResultPath: null, Next: 'Caught' }],
    });
    await run(definition, {});
    expect(calledAt.slice(1).map((time, index) => Math.round(time - (calledAt[index] ?? 0)))).toEqual([
      1, 2, 3, 3,
    ]);
  });

  it('a second start with the same name fails with ExecutionAlreadyExists', async () => {
    const { run, otherMachineArn } = await make();
    const start = {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution',
      Parameters: { StateMachineArn: otherMachineArn, 'Name.$': '$.name', 'Input.$': '$' },
      ResultPath: null,
    };
    const alreadyExists = ['StepFunctions.ExecutionAlreadyExistsException', 'ExecutionAlreadyExists'];
    const definition = {
      StartAt: 'First',
      States: {
        First: { ...start, Next: 'Pause' },
        // Changes the input. A start with the same name and input as a running execution is idempotent and succeeds.
        Pause: { Type: 'Pass', Result: 1, ResultPath: '$.other', Next: 'Second' },
        Second: {
          ...start,
          Retry: [{ ErrorEquals: alreadyExists, MaxAttempts: 0 }],
          Catch: [{ ErrorEquals: alreadyExists, ResultPath: null, Next: 'Caught' }],
          Next: 'Done',
        },
        Caught: { Type: 'Pass', Result: 'caught', ResultPath: '$.mark', Next: 'Done' },
        Done: DONE,
      },
    };
    const output = { name: 'only', other: 1, mark: 'caught' };
    expect(await run(definition, { name: 'only' })).toEqual({ status: 'SUCCEEDED', output });
  });
}
