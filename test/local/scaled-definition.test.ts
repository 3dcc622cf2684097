import { describe, expect, it } from 'vitest';
import { deliverDefinition, type MachineDefinition } from '../../lib/deliver-machine.ts';
import { recoverDefinition } from '../../lib/recover-machine.ts';
import { redeliverDefinition } from '../../lib/redeliver-machine.ts';
import { scaledDefinition } from '../../local/scaled-definition.ts';
import { stateOf, type StateMachineDefinition } from '../lib/state-machine.ts';

const MACHINES: readonly [string, MachineDefinition][] = [
  [
    'Deliver',
    deliverDefinition({
      partition: 'aws',
      deliverFunctionArn: 'deliver',
      redeliverMachineArn: 'redeliver',
      deadLetterQueueUrl: 'dead-letters',
    }),
  ],
  ['Redeliver', redeliverDefinition({ deliverFunctionArn: 'deliver' })],
  ['Recover', recoverDefinition({ recoverFunctionArn: 'recover' })],
];
const WAITS = new Set(['IntervalSeconds', 'MaxDelaySeconds', 'Result']);

/** Removes the waits from a definition. */
function withoutWaits(definition: MachineDefinition): unknown {
  return JSON.parse(
    JSON.stringify(definition, (name, value: unknown) => (WAITS.has(name) ? undefined : value)),
  );
}

describe.each(MACHINES)('the scaled definition of %s', (_, definition) => {
  it('is unchanged at a scale of 1', () => {
    expect(scaledDefinition(definition, 1)).toEqual(definition);
  });

  it.each([0.5, 0.05, 0.02, 0.0001])('at a scale of %d differs only in its waits', (scale) => {
    expect(withoutWaits(scaledDefinition(definition, scale))).toEqual(withoutWaits(definition));
  });

  it.each([0.5, 0.05, 0.02, 0.0001])('at a scale of %d is valid for Step Functions', (scale) => {
    for (const state of Object.values((scaledDefinition(definition, scale) as StateMachineDefinition).States))
      for (const { IntervalSeconds: interval = 1, MaxDelaySeconds: longest } of state.Retry ?? []) {
        expect(Number.isInteger(interval)).toBe(true);
        expect(interval).toBeGreaterThanOrEqual(1);
        if (longest === undefined) continue;
        expect(Number.isInteger(longest)).toBe(true);
        expect(longest).toBeGreaterThan(interval);
      }
  });
});

it('shortens the waits after an internal error, and the delay that Deliver passes to Redeliver', () => {
  const [deliver, redeliver, recover] = MACHINES.map(
    ([, definition]) => scaledDefinition(definition, 0.05) as StateMachineDefinition,
  );
  if (!deliver || !redeliver || !recover) throw new Error('There must be three state machines');
  expect(stateOf(deliver, 'Pause')).toMatchObject({ Result: 3, ResultPath: '$.group.delay_seconds' });
  const anyError = (definition: StateMachineDefinition, name: string): unknown =>
    stateOf(definition, name).Retry?.find(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
  expect(anyError(deliver, 'Attempt')).toMatchObject({ IntervalSeconds: 1, MaxAttempts: 2 });
  expect(anyError(redeliver, 'Attempt')).toMatchObject({ IntervalSeconds: 1, MaxDelaySeconds: 30 });
  expect(anyError(redeliver, 'Abandon')).toMatchObject({ IntervalSeconds: 3, MaxDelaySeconds: 180 });
  expect(anyError(recover, 'Step')).toMatchObject({ IntervalSeconds: 1, MaxDelaySeconds: 30 });
});
