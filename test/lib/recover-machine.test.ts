import { describe, expect, it } from 'vitest';
import { RECOVER_TIMEOUT_SECONDS, recoverDefinition } from '../../lib/recover-machine.ts';
import { longestSeconds, stateOf, successorsOf, type Definition } from './state-machine.ts';

const definition = recoverDefinition({ recoverFunctionArn: 'recover' }) as Definition;
const step = stateOf(definition, 'Step');

describe('Recover', () => {
  it('waits as long as the function said, steps, and goes on as long as it says', () => {
    expect(definition.StartAt).toBe('Wait');
    expect(stateOf(definition, 'Wait')).toMatchObject({ SecondsPath: '$.delay_seconds', Next: 'Step' });
    expect(step.Next).toBe('Choose');
    expect(stateOf(definition, 'Choose')).toMatchObject({
      Choices: [{ Variable: '$.outcome', StringEquals: 'continue', Next: 'Wait' }],
      Default: 'Done',
    });
  });

  it('takes the answer of the function for its next state, whole', () => {
    expect(step).not.toHaveProperty('Parameters');
    expect(step).not.toHaveProperty('ResultPath');
  });

  it('tries through faults of our own for most of a day, then fails, where it can be redriven', () => {
    expect(longestSeconds(step)).toBeGreaterThan(20 * 3600);
    expect(longestSeconds(step)).toBeLessThanOrEqual(24 * 3600);
    expect(step.Catch).toBeUndefined();
  });

  it('gives the function time to end by itself', () => {
    expect(step.TimeoutSeconds).toBeGreaterThan(RECOVER_TIMEOUT_SECONDS);
  });

  it('has no state that nothing leads to, and leads to none that is not there', () => {
    const reached = new Set([
      definition.StartAt,
      ...Object.values(definition.States).flatMap((state) => successorsOf(state)),
    ]);
    expect([...reached].toSorted()).toEqual(Object.keys(definition.States).toSorted());
  });
});
