import { describe, expect, it } from 'vitest';
import { redeliverDefinition } from '../../lib/redeliver-machine.ts';
import { longestSeconds, retryWaits, stateOf, successorsOf, type Definition } from './state-machine.ts';

const definition = redeliverDefinition({ deliverFunctionArn: 'deliver' }) as Definition;
const attempt = stateOf(definition, 'Attempt');
const abandon = stateOf(definition, 'Abandon');
const HOUR = 3600;

describe('Redeliver', () => {
  it('tries through faults of our own for most of a day, and not for longer', () => {
    const waiting = retryWaits(attempt).reduce((sum, wait) => sum + wait, 0);

    expect(waiting).toBeGreaterThan(22 * HOUR);
    expect(longestSeconds(attempt)).toBeLessThanOrEqual(24 * HOUR);
    expect(longestSeconds(abandon)).toBeLessThanOrEqual(24 * HOUR);
  });

  it('then ends the delivery without sending, with the task it was given', () => {
    expect(attempt.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Abandon' }]);
    expect(abandon.Parameters).toEqual({ ...attempt.Parameters, abandon: true });
  });

  it('fails, where it can be redriven, rather than end quietly when not even the end can be written', () => {
    expect(abandon.Catch).toBeUndefined();
  });

  it('waits as long as the function said, as often as it says', () => {
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

  it('tells the function which execution holds the claim', () => {
    expect(attempt.Parameters).toEqual({ 'task.$': '$', 'execution.$': '$$.Execution.Id' });
  });

  it('has no state that nothing leads to, and leads to none that is not there', () => {
    const reached = new Set([
      definition.StartAt,
      ...Object.values(definition.States).flatMap((state) => successorsOf(state)),
    ]);

    expect([...reached].toSorted()).toEqual(Object.keys(definition.States).toSorted());
  });
});
