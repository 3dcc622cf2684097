import { describe, expect, it } from 'vitest';
import { RECOVER_TIMEOUT_SECONDS, recoverDefinition } from '../../lib/recover-machine.ts';
import { longestSeconds, stateOf, successorsOf, type StateMachineDefinition } from './state-machine.ts';

const definition = recoverDefinition({ recoverFunctionArn: 'recover' }) as StateMachineDefinition;
const step = stateOf(definition, 'Step');

describe('Recover', () => {
  it('waits for the delay that the function returns, and continues until the function is done', () => {
    expect(definition.StartAt).toBe('Wait');
    expect(stateOf(definition, 'Wait')).toMatchObject({ SecondsPath: '$.delay_seconds', Next: 'Step' });
    expect(step.Next).toBe('Choose');
    expect(stateOf(definition, 'Choose')).toMatchObject({
      Choices: [{ Variable: '$.outcome', StringEquals: 'continue', Next: 'Wait' }],
      Default: 'Done',
    });
  });

  it('uses the complete result of the function as its next state', () => {
    expect(step).not.toHaveProperty('Parameters');
    expect(step).not.toHaveProperty('ResultPath');
  });

  it('retries internal errors for up to 24 hours, then fails, so that it can be redriven', () => {
    expect(longestSeconds(step)).toBeGreaterThan(20 * 3600);
    expect(longestSeconds(step)).toBeLessThanOrEqual(24 * 3600);
    expect(step.Catch).toBeUndefined();
  });

  it('has a longer timeout than the function', () => {
    expect(step.TimeoutSeconds).toBeGreaterThan(RECOVER_TIMEOUT_SECONDS);
  });

  it('has no unreachable state, and every next state exists', () => {
    const reached = new Set([
      definition.StartAt,
      ...Object.values(definition.States).flatMap((state) => successorsOf(state)),
    ]);
    expect([...reached].toSorted()).toEqual(Object.keys(definition.States).toSorted());
  });
});
