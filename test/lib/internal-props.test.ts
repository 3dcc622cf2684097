import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { InternalProps } from '../../lib/internal-props.ts';
import { IvyMailEvents } from '../../lib/ivy-mail-events.ts';
import type { IvyMailEventsProps } from '../../lib/props.ts';
import { IvyMailStack } from '../../lib/ivymail-stack.ts';
import { optionsFromContext, type StackOptions } from '../../lib/options.ts';
import { resource, resourcesOf, templateOf, textOf, type Resource } from '../../pages/template.ts';

const INSECURE = { allowInsecureEndpoints: true };
const emulatedWith = (waitScale: number): InternalProps => ({ emulated: true, waitScale });
const SCALE = 'IVYMAIL_WAIT_SCALE';

function environmentsOf(template: ReturnType<typeof templateOf>): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    resourcesOf(template, 'AWS::Lambda::Function').map(([id, { Properties }]) => [
      id,
      (Properties['Environment'] as { Variables: Record<string, unknown> }).Variables,
    ]),
  );
}

describe('the internal props of the local run', () => {
  it.each<[string, StackOptions]>([
    ['a deployment', {}],
    ['a deployment that allows insecure endpoints', INSECURE],
  ])('set no environment variable in %s', (_, options) => {
    const template = templateOf(options);
    for (const variables of Object.values(environmentsOf(template)))
      expect(variables).not.toHaveProperty(SCALE);
  });

  it.each<[string, StackOptions]>([
    ['default options', {}],
    ['insecure endpoints', INSECURE],
  ])('change nothing but one alarm and the window of tally at a scale of 1, with %s', (_, options) => {
    const deployed = templateOf(options).toJSON() as { Resources: Record<string, Resource> };
    const local = templateOf(options, emulatedWith(1)).toJSON() as typeof deployed;
    const omitted = Object.keys(deployed.Resources).filter((id) => id.startsWith('IvyAlarmsNothingIngested'));
    expect(omitted).toHaveLength(1);
    for (const id of omitted) delete deployed.Resources[id];
    const tally = Object.keys(deployed.Resources).find((id) => id.startsWith('IvyTallyFunctionStream')) ?? '';
    for (const { Resources } of [deployed, local])
      delete Resources[tally]?.Properties['MaximumBatchingWindowInSeconds'];
    expect(local).toEqual(deployed);
  });

  it('pass the scale to the functions that compute a wait, and to no other function', () => {
    const scaled = Object.entries(environmentsOf(templateOf(INSECURE, emulatedWith(0.05))))
      .filter(([, variables]) => SCALE in variables)
      .map(([id, variables]) => `${id.replace(/[0-9A-F]{8}$/, '')} ${String(variables[SCALE])}`);
    expect(scaled.toSorted()).toEqual([
      'IvyDeliveryDeliver 0.05',
      'IvyDeliveryDispatch 0.05',
      'IvyDeliveryRecover 0.05',
    ]);
  });

  it('shorten the waits in the definitions of the state machines, but not the retry schedule', () => {
    const template = templateOf(INSECURE, emulatedWith(0.05));
    const definition = (prefix: string): string =>
      textOf(resource(template, 'AWS::StepFunctions::StateMachine', prefix).Properties['DefinitionString']);
    expect(definition('IvyDeliveryDeliverMachine')).toContain('"Result":3,');
    expect(definition('IvyDeliveryRedeliverMachine')).toContain('"MaxDelaySeconds":30,');
    expect(definition('IvyDeliveryRecoverMachine')).toContain('"MaxDelaySeconds":30,');
    const retry = Object.values(environmentsOf(template)).flatMap(
      (variables) => variables['IVYMAIL_RETRY'] ?? [],
    );
    expect(new Set(retry)).toEqual(new Set(['{"firstDelaySeconds":60,"factor":5,"count":3}']));
  });

  it.each<[string, Pick<StackOptions & IvyMailEventsProps, 'allowInsecureEndpoints'>]>([
    ['default options', {}],
    ['insecure endpoints', INSECURE],
  ])('are refused in a stack that does not declare the emulator, with %s', (_, options) => {
    for (const internal of [{ waitScale: 0.05 }, { emulated: false, waitScale: 0.05 }] as object[]) {
      expect(() => templateOf(options, internal as InternalProps)).toThrow('emulated');
      expect(
        () => new IvyMailEvents(new Stack(), 'Ivy', { ...options, internal } as IvyMailEventsProps),
      ).toThrow('emulated');
    }
  });

  it.each([0, -1, 1.5, Number.NaN])('are refused with a scale of %d', (waitScale) => {
    expect(() => templateOf(INSECURE, emulatedWith(waitScale))).toThrow(RangeError);
  });

  it.each(['internal', 'emulated', 'waitScale'])(
    'are refused as the CDK context value %s of a deployment',
    (name) => {
      const value = '{"emulated":true,"waitScale":0.05}';
      const app = new App({ context: { [name]: value, allowInsecureEndpoints: 'true' } });
      expect(() => new IvyMailStack(app, 'Stack', { options: optionsFromContext(app.node) })).toThrow(
        `${name}: there is no such option`,
      );
    },
  );
});
