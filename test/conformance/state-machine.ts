/** What our definitions take for granted of Step Functions: asked of the model and of the deployed service alike. */
import { expect, it } from 'vitest';

export interface ExecutionResult {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly output?: unknown;
}

/** What a function does with its input; throws what the machine is to know by its name. */
export type FunctionHandler = (input: Readonly<Record<string, unknown>>) => unknown;

export interface StateMachinesUnderTest {
  readonly run: (definition: object, input: object) => Promise<ExecutionResult>;
  /** A queue that is there, and one that is not. */
  readonly queueUrl: string;
  readonly missingQueueUrl: string;
  /** Bodies of what was sent to the queue, read once. */
  readonly takeSentBodies: () => Promise<readonly unknown[]>;
  /** What the function does from now on. */
  readonly setHandler: (handle: FunctionHandler) => void;
  readonly functionArn: string;
  /** Another machine, which does nothing. */
  readonly otherMachineArn: string;
  /** Seconds by the clock that the machines go by. */
  readonly now: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
}

export interface StateMachineOptions {
  /** Whether waits grow no longer than MaxDelaySeconds. */
  readonly limitsDelay: boolean;
  /** Whether what a function throws keeps its name. */
  readonly namesErrors: boolean;
}

const DONE = { Type: 'Succeed' };

function sendTo(QueueUrl: string, more: object): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage',
    Parameters: { QueueUrl, 'MessageBody.$': '$' },
    Next: 'Done',
    ...more,
  };
}

/** A call of the function, then whatever it says; what `more` catches goes to Caught. */
function calls(Resource: string, more: object): object {
  return {
    StartAt: 'Call',
    States: {
      Call: { Type: 'Task', Resource, Next: 'Done', ...more },
      Caught: { Type: 'Pass', Result: 'caught', ResultPath: '$.mark', Next: 'Done' },
      Done: DONE,
    },
  };
}

function fault(name: string): Error {
  return Object.assign(new Error('A fault'), { name });
}

export function testStateMachines(
  make: () => Promise<StateMachinesUnderTest>,
  { limitsDelay, namesErrors }: StateMachineOptions,
): void {
  it('a Pass places its result beside the input', async () => {
    const { run } = await make();
    const definition = {
      StartAt: 'Pause',
      States: { Pause: { Type: 'Pass', Result: 60, ResultPath: '$.delay', Next: 'Done' }, Done: DONE },
    };
    expect(await run(definition, { a: 1 })).toEqual({ status: 'SUCCEEDED', output: { a: 1, delay: 60 } });
  });

  it.each([
    ['retry', 'again'],
    ['delivered', 'over'],
  ])('a Choice goes by the text of %s', async (outcome, mark) => {
    const { run } = await make();
    const pass = (Result: string) => ({ Type: 'Pass', Result, ResultPath: '$.mark', Next: 'Done' });
    const definition = {
      StartAt: 'Choose',
      States: {
        Choose: {
          Type: 'Choice',
          Choices: [{ Variable: '$.outcome', StringEquals: 'retry', Next: 'Again' }],
          Default: 'Over',
        },
        Again: pass('again'),
        Over: pass('over'),
        Done: DONE,
      },
    };
    expect(await run(definition, { outcome })).toEqual({ status: 'SUCCEEDED', output: { outcome, mark } });
  });

  it('a Wait waits by its input, and passes it on', async () => {
    const { run } = await make();
    const definition = {
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', SecondsPath: '$.delay', Next: 'Done' }, Done: DONE },
    };
    expect(await run(definition, { delay: 1 })).toEqual({ status: 'SUCCEEDED', output: { delay: 1 } });
  });

  it('a Task is called with what its parameters name', async () => {
    const { run, queueUrl, takeSentBodies } = await make();
    const definition = {
      StartAt: 'Send',
      States: { Send: sendTo(queueUrl, { ResultPath: null }), Done: DONE },
    };
    expect(await run(definition, { a: { b: [1] } })).toMatchObject({
      status: 'SUCCEEDED',
      output: { a: { b: [1] } },
    });
    expect(await takeSentBodies()).toEqual([{ a: { b: [1] } }]);
  });

  it('a Task that fails is tried again, then caught, and its input kept', async () => {
    const { run, missingQueueUrl } = await make();
    const definition = {
      StartAt: 'Send',
      States: {
        Send: sendTo(missingQueueUrl, {
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

  it('a Task that fails and is not caught ends the execution', async () => {
    const { run, missingQueueUrl } = await make();
    const definition = { StartAt: 'Send', States: { Send: sendTo(missingQueueUrl, {}), Done: DONE } };
    expect(await run(definition, { a: 1 })).toMatchObject({ status: 'FAILED' });
  });

  it('a function knows the execution that calls it, the same at every try', async () => {
    const { run, setHandler, functionArn } = await make();
    const seen: unknown[] = [];
    setHandler((input) => {
      seen.push(input);
      if (seen.length % 2 === 1) throw fault('Once');
      return {};
    });
    const definition = calls(functionArn, {
      Parameters: { 'task.$': '$', 'execution.$': '$$.Execution.Id', constant: true },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1 }],
    });
    await run(definition, { a: 1 });
    await run(definition, { a: 1 });
    const of = (index: number) => (seen[index] as { readonly execution: string }).execution;
    expect(seen[0]).toEqual({ task: { a: 1 }, execution: expect.stringMatching(/./), constant: true });
    expect([of(1), of(3)]).toEqual([of(0), of(2)]);
    expect(of(2)).not.toBe(of(0));
  });

  it.runIf(namesErrors)("a function's own error is known by its name", async () => {
    const { run, setHandler, functionArn } = await make();
    setHandler(() => {
      throw fault('OurFault');
    });
    const caught = (name: string) =>
      run(calls(functionArn, { Catch: [{ ErrorEquals: [name], ResultPath: null, Next: 'Caught' }] }), {});
    expect(await caught('OurFault')).toEqual({ status: 'SUCCEEDED', output: { mark: 'caught' } });
    expect(await caught('AnotherFault')).toMatchObject({ status: 'FAILED' });
  });

  it('a Task that takes longer than it may ends with States.Timeout', async () => {
    const { run, setHandler, functionArn, sleep } = await make();
    setHandler(async () => {
      await sleep(4);
      return {};
    });
    const definition = calls(functionArn, {
      TimeoutSeconds: 1,
      Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Caught' }],
    });
    expect(await run(definition, {})).toEqual({ status: 'SUCCEEDED', output: { mark: 'caught' } });
  });

  it.runIf(limitsDelay)('waits between tries grow up to MaxDelaySeconds, and no further', async () => {
    const { run, setHandler, functionArn, now } = await make();
    const at: number[] = [];
    setHandler(() => {
      at.push(now());
      throw fault('Always');
    });
    const ErrorEquals = ['States.ALL'];
    const definition = calls(functionArn, {
      Retry: [{ ErrorEquals, IntervalSeconds: 1, BackoffRate: 2, MaxDelaySeconds: 3, MaxAttempts: 4 }],
      Catch: [{ ErrorEquals, ResultPath: null, Next: 'Caught' }],
    });
    await run(definition, {});
    expect(at.slice(1).map((each, index) => Math.round(each - (at[index] ?? 0)))).toEqual([1, 2, 3, 3]);
  });

  it('the name of an execution is taken for good, and the second start knows it', async () => {
    const { run, otherMachineArn } = await make();
    const start = {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution',
      Parameters: { StateMachineArn: otherMachineArn, 'Name.$': '$.name', 'Input.$': '$' },
      ResultPath: null,
    };
    const already = ['StepFunctions.ExecutionAlreadyExistsException', 'ExecutionAlreadyExists'];
    const definition = {
      StartAt: 'First',
      States: {
        First: { ...start, Next: 'Pause' },
        // The same name with the same input while it runs is one and the same start.
        Pause: { Type: 'Pass', Result: 1, ResultPath: '$.other', Next: 'Second' },
        Second: {
          ...start,
          Retry: [{ ErrorEquals: already, MaxAttempts: 0 }],
          Catch: [{ ErrorEquals: already, ResultPath: null, Next: 'Caught' }],
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
