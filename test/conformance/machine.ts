/** What our definitions take for granted of Step Functions: asked of the model and of the deployed service alike. */
import { expect, it } from 'vitest';

export interface Ran {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly output?: unknown;
}

export interface Machines {
  readonly run: (definition: object, input: object) => Promise<Ran>;
  /** A queue that is there, and one that is not. */
  readonly queueUrl: string;
  readonly absentQueueUrl: string;
  /** Bodies of what was sent to the queue, read once. */
  readonly sent: () => Promise<readonly unknown[]>;
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

export function itRuns(make: () => Promise<Machines>): void {
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
    const { run, queueUrl, sent } = await make();
    const definition = {
      StartAt: 'Send',
      States: { Send: sendTo(queueUrl, { ResultPath: null }), Done: DONE },
    };
    expect(await run(definition, { a: { b: [1] } })).toMatchObject({
      status: 'SUCCEEDED',
      output: { a: { b: [1] } },
    });
    expect(await sent()).toEqual([{ a: { b: [1] } }]);
  });

  it('a Task that fails is tried again, then caught, and its input kept', async () => {
    const { run, absentQueueUrl } = await make();
    const definition = {
      StartAt: 'Send',
      States: {
        Send: sendTo(absentQueueUrl, {
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
    const { run, absentQueueUrl } = await make();
    const definition = { StartAt: 'Send', States: { Send: sendTo(absentQueueUrl, {}), Done: DONE } };
    expect(await run(definition, { a: 1 })).toMatchObject({ status: 'FAILED' });
  });
}
