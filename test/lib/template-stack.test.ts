import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { buildFunctions } from '../../build/functions.ts';
import { IvyMailTemplateStack } from '../../lib/template-stack.ts';
import type { StackOptions } from '../../lib/options.ts';
import { templateOf } from '../../pages/template.ts';

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
buildFunctions();

interface Parsed {
  readonly Parameters: Readonly<Record<string, { readonly Default?: string | number }>>;
  readonly Conditions: Readonly<Record<string, { readonly 'Fn::Equals'?: readonly unknown[] }>>;
  readonly Resources: Readonly<Record<string, object>>;
}

const { Parameters: parameters, Resources: resources } = Template.fromStack(
  new IvyMailTemplateStack(new App({ context }), 'IvyMailEvents'),
).toJSON() as Parsed;

/** What CloudFormation makes of a value with these conditions and parameters. */
function evaluate(
  value: unknown,
  conditions: Readonly<Record<string, boolean>>,
  values: Readonly<Record<string, unknown>>,
): unknown {
  const inner = (each: unknown): unknown => evaluate(each, conditions, values);
  if (Array.isArray(value)) return value.map(inner);
  if (typeof value !== 'object' || value === null) return value;
  if ('Fn::If' in value) {
    const [name, yes, no] = value['Fn::If'] as [string, unknown, unknown];
    return inner(conditions[name] === true ? yes : no);
  }
  if ('Ref' in value && Object.hasOwn(values, value.Ref as string)) return values[value.Ref as string];
  const entries = Object.entries(value).map(([name, each]) => [name, inner(each)] as const);
  return Object.fromEntries(
    entries.filter(([, each]) => (each as { Ref?: string } | null)?.Ref !== 'AWS::NoValue'),
  );
}

/** The resources without the parts that name the functions' code. Numbers and their text are equal to CloudFormation. */
function comparable(all: Readonly<Record<string, object>>): unknown {
  return JSON.parse(
    JSON.stringify(all, (name, value: unknown) => {
      if (name === 'Code' || name === 'Metadata') return undefined;
      return typeof value === 'number' ? String(value) : value;
    }),
  );
}

describe('the template for people without the CDK', () => {
  it.each<[string, Readonly<Record<string, boolean>>, Readonly<Record<string, unknown>>, StackOptions]>([
    ['the defaults', {}, {}, {}],
    [
      'every parameter',
      { TracksEngagement: true, HasFewExecutions: true },
      { RetentionDays: '30', ThrottleRatePerSecond: '5', ThrottleBurst: '6' },
      {
        trackEngagement: true,
        consumerConcurrency: 2,
        retentionDays: 30,
        throttle: { ratePerSecond: 5, burst: 6 },
      },
    ],
  ])('has the resources of a CDK deployment, with %s', (_, conditions, values, options) => {
    const defaults = Object.fromEntries(
      Object.entries(parameters).map(([name, { Default: value }]) => [name, String(value)]),
    );
    const { AlarmEmailSubscription: subscription, ...same } = resources;
    expect(subscription).toMatchObject({ Condition: 'HasAlarmEmail' });
    const evaluated = evaluate(same, conditions, { ...defaults, ...values }) as Parsed['Resources'];
    const deployed = templateOf(options).toJSON() as Parsed;
    const withoutDeployment = (all: Parsed['Resources']): unknown =>
      Object.fromEntries(
        Object.entries(comparable(all) as Parsed['Resources']).map(([id, resource]) => [
          // The id of an API deployment contains a hash of the API.
          id.replace(/^(IvyApiDeployment[0-9A-F]{8})[0-9a-f]+$/, '$1'),
          JSON.parse(
            JSON.stringify(resource).replaceAll(/(IvyApiDeployment[0-9A-F]{8})[0-9a-f]{32}/g, '$1'),
          ) as object,
        ]),
      );
    expect(withoutDeployment(evaluated)).toEqual(withoutDeployment(deployed.Resources));
  });
});
