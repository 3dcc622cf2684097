import { describe, expect, it } from 'vitest';
import {
  DELIVER_TIMEOUT_SECONDS,
  LONGEST_DELIVER_SECONDS,
  deliverDefinition,
} from '../../lib/deliver-machine.ts';
import {
  longestPathSeconds,
  longestSeconds,
  stateOf,
  successorsOf,
  type StateMachineDefinition,
} from './state-machine.ts';

const definition = deliverDefinition({
  partition: 'aws',
  deliverFunctionArn: 'deliver',
  redeliverMachineArn: 'redeliver',
  deadLetterQueueUrl: 'dead-letters',
}) as StateMachineDefinition;
const attempt = stateOf(definition, 'Attempt');
const start = stateOf(definition, 'StartRedeliver');

describe('Deliver', () => {
  it('ends within the 5 minutes of Express, even if every try times out', () => {
    expect(longestPathSeconds(definition)).toBe(LONGEST_DELIVER_SECONDS);
    expect(LONGEST_DELIVER_SECONDS).toBeLessThanOrEqual(250);
  });

  it('retries internal errors for less than 4 minutes', () => {
    expect(longestSeconds(attempt)).toBeLessThan(240);
  });

  it('has a longer timeout than the function', () => {
    expect(attempt.TimeoutSeconds).toBeGreaterThan(DELIVER_TIMEOUT_SECONDS);
  });

  it('keeps the group after every error, because each state passes on its input', () => {
    expect(attempt.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Pause' }]);
    expect(start.Catch?.map(({ Next, ...rest }) => ({ Next, ...rest }))).toEqual([
      expect.objectContaining({ Next: 'Done', ResultPath: null }),
      { ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'LeaveKeys' },
    ]);
  });

  it('accepts the single task that the dispatch function of version 0.1.0 starts', () => {
    expect(stateOf(definition, 'Input')).toMatchObject({
      Choices: [{ Variable: '$.group', IsPresent: true, Next: 'Attempt' }],
      Default: 'WrapTask',
    });
    expect(stateOf(definition, 'WrapTask').Parameters).toEqual({ 'group.$': '$', events: [] });
  });

  it('does not repeat an attempt that returned a result', () => {
    expect(attempt.Next).toBe('Choose');
    expect(stateOf(definition, 'Choose')).toMatchObject({
      Choices: [{ Variable: '$.group.outcome', StringEquals: 'retry', Next: 'StartRedeliver' }],
      Default: 'Done',
    });
  });

  it('passes a group that failed with an internal error to Redeliver, without its events, after one minute', () => {
    expect(stateOf(definition, 'Pause')).toMatchObject({
      Result: 60,
      ResultPath: '$.group.delay_seconds',
      Next: 'StartRedeliver',
    });
    expect(start.Parameters).toEqual({
      StateMachineArn: 'redeliver',
      'Name.$': '$.group.execution_name',
      'Input.$': '$.group',
    });
  });

  it('treats an execution that already exists as started, without a retry', () => {
    const name = 'StepFunctions.ExecutionAlreadyExistsException';

    expect(start.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(name))?.MaxAttempts).toBe(0);
    expect(start.Catch?.find(({ ErrorEquals }) => ErrorEquals.includes(name))?.Next).toBe('Done');
  });

  it('sends the group, without its events, to a queue if Redeliver cannot be started', () => {
    expect(stateOf(definition, 'LeaveKeys').Parameters).toEqual({
      QueueUrl: 'dead-letters',
      'MessageBody.$': '$.group',
    });
  });

  it('has no unreachable state, and every next state exists', () => {
    const reached = new Set([
      definition.StartAt,
      ...Object.values(definition.States).flatMap((state) => successorsOf(state)),
    ]);

    expect([...reached].toSorted()).toEqual(Object.keys(definition.States).toSorted());
  });
});
