import { describe, expect, it } from 'vitest';
import { DELIVER_TIMEOUT_SECONDS, deliverDefinition } from '../../lib/deliver-machine.ts';
import {
  longestPathSeconds,
  longestSeconds,
  stateOf,
  successorsOf,
  type Definition,
} from './state-machine.ts';

const definition = deliverDefinition({
  partition: 'aws',
  deliverFunctionArn: 'deliver',
  redeliverMachineArn: 'redeliver',
  deadLetterQueueUrl: 'dead-letters',
}) as Definition;
const attempt = stateOf(definition, 'Attempt');
const start = stateOf(definition, 'StartRedeliver');

describe('Deliver', () => {
  it('ends within the 5 minutes of Express, though everything that can fail does so at its slowest', () => {
    expect(longestPathSeconds(definition)).toBe(273);
    expect(longestPathSeconds(definition)).toBeLessThan(300);
  });

  it('tries through faults of our own for less than 4 minutes', () => {
    expect(longestSeconds(attempt)).toBeLessThan(240);
  });

  it('gives the function time to end by itself', () => {
    expect(attempt.TimeoutSeconds).toBeGreaterThan(DELIVER_TIMEOUT_SECONDS);
  });

  it('loses the task to no error: every task of it hands on its input', () => {
    expect(attempt.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Pause' }]);
    expect(start.Catch?.map(({ Next, ...rest }) => ({ Next, ...rest }))).toEqual([
      expect.objectContaining({ Next: 'Done', ResultPath: null }),
      { ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'LeaveKeys' },
    ]);
  });

  it('repeats no attempt that was answered, whatever the answer', () => {
    expect(attempt.Next).toBe('Choose');
    expect(stateOf(definition, 'Choose')).toMatchObject({
      Choices: [{ Variable: '$.outcome', StringEquals: 'retry', Next: 'StartRedeliver' }],
      Default: 'Done',
    });
  });

  it('hands on an attempt that our own faults kept from being made, after a minute, unchanged', () => {
    expect(stateOf(definition, 'Pause')).toMatchObject({
      Result: 60,
      ResultPath: '$.delay_seconds',
      Next: 'StartRedeliver',
    });
    expect(start.Parameters).toEqual({
      StateMachineArn: 'redeliver',
      'Name.$': '$.execution_name',
      'Input.$': '$',
    });
  });

  it('takes a retry that was started before for started, and does not ask again', () => {
    const name = 'StepFunctions.ExecutionAlreadyExistsException';

    expect(start.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(name))?.MaxAttempts).toBe(0);
    expect(start.Catch?.find(({ ErrorEquals }) => ErrorEquals.includes(name))?.Next).toBe('Done');
  });

  it('leaves the keys in a queue when it cannot even start a retry', () => {
    expect(stateOf(definition, 'LeaveKeys').Parameters).toEqual({
      QueueUrl: 'dead-letters',
      'MessageBody.$': '$',
    });
  });

  it('has no state that nothing leads to, and leads to none that is not there', () => {
    const reached = new Set([
      definition.StartAt,
      ...Object.values(definition.States).flatMap((state) => successorsOf(state)),
    ]);

    expect([...reached].toSorted()).toEqual(Object.keys(definition.States).toSorted());
  });
});
