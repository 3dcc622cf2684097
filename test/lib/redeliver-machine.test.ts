import { describe, expect, it } from 'vitest';
import { redeliverDefinition } from '../../lib/redeliver-machine.ts';
import {
  longestSeconds,
  retryWaits,
  stateOf,
  successorsOf,
  type StateMachineDefinition,
} from './state-machine.ts';

const definition = redeliverDefinition({ deliverFunctionArn: 'deliver' }) as StateMachineDefinition;
const attempt = stateOf(definition, 'Attempt');
const abandon = stateOf(definition, 'Abandon');
const HOUR = 3600;

describe('Redeliver', () => {
  it('retries internal errors for more than 21 hours and less than 24 hours', () => {
    const waiting = retryWaits(attempt).reduce((sum, wait) => sum + wait, 0);

    expect(waiting).toBeGreaterThan(21 * HOUR);
    expect(longestSeconds(attempt)).toBeLessThanOrEqual(24 * HOUR);
    expect(longestSeconds(abandon)).toBeLessThanOrEqual(24 * HOUR);
  });

  it('then ends the delivery with the same task, without sending', () => {
    expect(attempt.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Abandon' }]);
    expect(abandon.Parameters).toEqual({ ...attempt.Parameters, abandon: true });
  });

  it('fails, so that it can be redriven, if the end of the delivery cannot be recorded', () => {
    expect(abandon.Catch).toBeUndefined();
  });

  it('waits for the delay that the function returns, before every retry', () => {
    expect(definition.StartAt).toBe('Wait');
    expect(stateOf(definition, 'Wait')).toEqual({
      Type: 'Wait',
      SecondsPath: '$.delay_seconds',
      Next: 'Attempt',
    });
    expect(stateOf(definition, 'Choose')).toMatchObject({
      Choices: [{ Variable: '$.outcome', StringEquals: 'retry', Next: 'Wait' }],
      Default: 'Done',
    });
  });

  it('passes the execution id to the function, for the claim', () => {
    expect(attempt.Parameters).toEqual({ 'group.$': '$', 'execution.$': '$$.Execution.Id' });
  });

  it('has no unreachable state, and every next state exists', () => {
    const reached = new Set([
      definition.StartAt,
      ...Object.values(definition.States).flatMap((state) => successorsOf(state)),
    ]);

    expect([...reached].toSorted()).toEqual(Object.keys(definition.States).toSorted());
  });
});
