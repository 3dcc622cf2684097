import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { IvyMailStack } from '../../lib/ivymail-stack.ts';
import { optionsFromContext, type StackOptions } from '../../lib/options.ts';
import { localTemplate, type CloudFormationTemplate, type LocalTiming } from '../../local/local-template.ts';
import { templateOf, textOf } from '../../pages/template.ts';

const INSECURE: StackOptions = { allowInsecureEndpoints: true };
const UNSCALED: LocalTiming = { retryScale: 1, waitScale: 1 };
const SCALE = 'IVYMAIL_WAIT_SCALE';

const deployedTemplate = (options: StackOptions): CloudFormationTemplate =>
  templateOf(options).toJSON() as CloudFormationTemplate;
const deployed = deployedTemplate(INSECURE);
const at = (waitScale: number): CloudFormationTemplate =>
  localTemplate(deployed, { retryScale: 1, waitScale }).template;

function environmentsOf({
  Resources: resources,
}: CloudFormationTemplate): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(resources)
      .filter(([, { Type: type }]) => type === 'AWS::Lambda::Function')
      .map(([id, { Properties: properties }]) => [
        id,
        (properties as { Environment: { Variables: Record<string, unknown> } }).Environment.Variables,
      ]),
  );
}

function definitionOf({ Resources: resources }: CloudFormationTemplate, prefix: string): string {
  const [[, machine] = []] = Object.entries(resources).filter(
    ([id, { Type: type }]) => type === 'AWS::StepFunctions::StateMachine' && id.startsWith(prefix),
  );
  return textOf(machine?.Properties?.['DefinitionString']);
}

/** The template with what a scale of 1 changes made equal. */
function comparable(template: CloudFormationTemplate): unknown {
  return Object.fromEntries(
    Object.entries(template.Resources).map(([id, { Properties: properties = {}, ...resource }]) => {
      const { MaximumBatchingWindowInSeconds: window, DefinitionString: definition, ...rest } = properties;
      return [
        id,
        {
          ...resource,
          ...rest,
          ...(definition !== undefined && { definition: textOf(definition) }),
          ...(!id.startsWith('IvyTallyFunctionStream') && { window }),
        },
      ];
    }),
  );
}

describe('the template of a deployment', () => {
  it.each<[string, StackOptions]>([
    ['default options', {}],
    ['insecure endpoints', INSECURE],
  ])('contains no scale, with %s', (_, options) => {
    for (const variables of Object.values(environmentsOf(deployedTemplate(options))))
      expect(variables).not.toHaveProperty(SCALE);
  });

  it.each(['internal', 'emulated', 'waitScale'])('cannot get the CDK context value %s', (name) => {
    const app = new App({ context: { [name]: '0.05', allowInsecureEndpoints: 'true' } });
    expect(() => new IvyMailStack(app, 'Stack', { options: optionsFromContext(app.node) })).toThrow(
      `${name}: there is no such option`,
    );
  });
});

describe('the template of the local run', () => {
  it('differs at a scale of 1 in the window of tally only', () => {
    const local = localTemplate(deployed, UNSCALED).template;
    expect(comparable(local)).toEqual(comparable(deployed));
    const [tally] = Object.entries(local.Resources).filter(([id]) => id.startsWith('IvyTallyFunctionStream'));
    expect(tally?.[1].Properties).toMatchObject({ MaximumBatchingWindowInSeconds: 5 });
  });

  it('leaves the given template unchanged', () => {
    const before = structuredClone(deployed);
    localTemplate(deployed, { retryScale: 0.05, waitScale: 0.05 });
    expect(deployed).toEqual(before);
  });

  it('passes the scale to the functions that compute a wait, and to no other function', () => {
    const scaled = Object.entries(environmentsOf(at(0.05)))
      .filter(([, variables]) => SCALE in variables)
      .map(([id, variables]) => `${id.replace(/[0-9A-F]{8}$/, '')} ${String(variables[SCALE])}`);
    expect(scaled.toSorted()).toEqual([
      'IvyDeliveryDeliver 0.05',
      'IvyDeliveryDispatch 0.05',
      'IvyDeliveryRecover 0.05',
    ]);
  });

  it('has shorter waits in the state machines, which still refer to the resources of the template', () => {
    const local = at(0.05);
    expect(definitionOf(local, 'IvyDeliveryDeliverMachine')).toContain('"Result":3,');
    expect(definitionOf(local, 'IvyDeliveryRedeliverMachine')).toContain('"MaxDelaySeconds":30,');
    expect(definitionOf(local, 'IvyDeliveryRecoverMachine')).toContain('"MaxDelaySeconds":30,');
    const references = (template: CloudFormationTemplate): string[] =>
      ['Deliver', 'Redeliver', 'Recover'].flatMap(
        (name) => definitionOf(template, `IvyDelivery${name}Machine`).match(/\$\{[^}]+\}/g) ?? [],
      );
    expect(references(local)).toEqual(references(deployed));
    expect(references(local).length).toBeGreaterThan(4);
  });

  it('has a scaled retry schedule in every function that has one, and returns it', () => {
    const { template, retry } = localTemplate(deployed, { retryScale: 0.05, waitScale: 1 });
    const schedules = Object.values(environmentsOf(template)).flatMap(
      (variables) => variables['IVYMAIL_RETRY'] ?? [],
    );
    expect(new Set(schedules)).toEqual(new Set(['{"firstDelaySeconds":3,"factor":5,"count":3}']));
    expect(retry).toEqual({ firstDelaySeconds: 3, factor: 5, count: 3 });
    expect(definitionOf(template, 'IvyDeliveryRedeliverMachine')).toContain('"MaxDelaySeconds":600,');
  });

  it.each([0, -1, 1.5, Number.NaN])('is refused with a scale of %d', (scale) => {
    expect(() => localTemplate(deployed, { retryScale: 1, waitScale: scale })).toThrow(RangeError);
    expect(() => localTemplate(deployed, { retryScale: scale, waitScale: 1 })).toThrow(RangeError);
  });
});
