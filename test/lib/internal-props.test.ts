import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { IvyMailEvents } from '../../lib/ivy-mail-events.ts';
import { IvyMailStack } from '../../lib/ivymail-stack.ts';
import { optionsFromContext } from '../../lib/options.ts';
import { resource, resourcesOf, templateOf, textOf } from '../../pages/template.ts';

const LOCAL = { allowInsecureEndpoints: true };
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
  it.each<[string, object]>([
    ['of a deployment', {}],
    ['of a local run without a scale', LOCAL],
  ])('are in no template %s', (_, options) => {
    const template = templateOf(options);
    for (const variables of Object.values(environmentsOf(template)))
      expect(variables).not.toHaveProperty(SCALE);
  });

  it('change nothing at a scale of 1', () => {
    expect(templateOf(LOCAL, { waitScale: 1 }).toJSON()).toEqual(templateOf(LOCAL).toJSON());
  });

  it('reach the functions that say how long to wait, and no other', () => {
    const scaled = Object.entries(environmentsOf(templateOf(LOCAL, { waitScale: 0.05 })))
      .filter(([, variables]) => SCALE in variables)
      .map(([id, variables]) => `${id.replace(/[0-9A-F]{8}$/, '')} ${String(variables[SCALE])}`);
    expect(scaled.toSorted()).toEqual([
      'IvyDeliveryDeliver 0.05',
      'IvyDeliveryDispatch 0.05',
      'IvyDeliveryRecover 0.05',
    ]);
  });

  it('shorten the waits that are written in the machines, and no schedule', () => {
    const template = templateOf(LOCAL, { waitScale: 0.05 });
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

  it('are refused where the stack is no local run', () => {
    expect(() => templateOf({}, { waitScale: 0.05 })).toThrow('allowInsecureEndpoints');
    expect(() => new IvyMailEvents(new App(), 'Ivy', { internal: { waitScale: 0.05 } })).toThrow(
      'allowInsecureEndpoints',
    );
  });

  it.each([0, -1, 1.5, Number.NaN])('are refused with a scale of %d', (waitScale) => {
    expect(() => templateOf(LOCAL, { waitScale })).toThrow(RangeError);
  });

  it.each(['internal', 'waitScale'])('cannot come from the CDK context of a deployment, as %s', (name) => {
    const app = new App({ context: { [name]: '{"waitScale":0.05}', allowInsecureEndpoints: 'true' } });
    expect(() => new IvyMailStack(app, 'Stack', { options: optionsFromContext(app.node) })).toThrow(
      `${name}: there is no such option`,
    );
  });
});
