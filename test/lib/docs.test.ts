import { readFileSync } from 'node:fs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../lib/options.ts';
import { PROPS, resolveProps } from '../../lib/resolve-props.ts';
import { REGIONS_WITHOUT_SES } from '../../lib/ses-regions.ts';
import { templateOf } from '../../pages/template.ts';

const architecture = readFileSync('docs/architecture.md', 'utf8');
const deploy = readFileSync('docs/deploy.md', 'utf8');

/** The types of resources that the picture must name. Roles, policies and permissions only serve these. */
const DRAWN = [
  'AWS::SES::ConfigurationSet',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::DynamoDB::GlobalTable',
  'AWS::KMS::Key',
  'AWS::Lambda::Function',
  'AWS::StepFunctions::StateMachine',
  'AWS::ApiGateway::RestApi',
];

describe('the picture in docs/architecture.md', () => {
  it('names every resource of the template with one of these types, and no other', () => {
    const { Resources } = templateOf().toJSON() as { Resources: Record<string, { Type: string }> };
    const deployed = Object.entries(Resources)
      .filter(([, { Type }]) => DRAWN.includes(Type))
      .map(([logicalId]) => logicalId.replace(/^Ivy|[0-9A-F]{8}$/g, ''));
    const picture = architecture.split('```')[1] ?? '';
    const drawn = [...picture.matchAll(/\b([A-Z][a-z]+)\/([A-Z][A-Za-z]+)/g)].map(
      ([, noun, name]) => `${noun}${name}`,
    );
    // The CDK does not repeat a name: Api/Api is IvyApi.
    expect(new Set(drawn.map((name) => (name === 'ApiApi' ? 'Api' : name)))).toEqual(new Set(deployed));
  });
});

describe('the options in docs/deploy.md', () => {
  it('are the options of the schema, with their defaults', () => {
    const table = deploy.slice(deploy.indexOf('| option ')).split('\n\n')[0] ?? '';
    const rows = [...table.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm)].map(
      ([, name = '', value = '']) => [name, value] as const,
    );
    const shown = rows.map(([name, value]) => [name, value.replace(/^`(\w+)`$/, '$1')]);
    const defaults = Object.entries(resolveOptions({})).map(([name, value]) => [
      name,
      typeof value === 'object'
        ? Object.entries(value)
            .map(([part, each]) => `\`${part}\` ${String(each)}`)
            .join(', ')
        : String(value),
    ]);
    expect(shown).toEqual(expect.arrayContaining(defaults));
    // The table also names the options without a default, and no name that is not an option.
    expect(() => resolveOptions(Object.fromEntries(rows.map(([name]) => [name, undefined])))).not.toThrow();
    expect(rows).toHaveLength(14);
  });
});

describe('the props in docs/deploy.md', () => {
  const section = deploy.slice(deploy.indexOf('### Props'));
  const rows = [...(section.split('\n\n')[2] ?? '').matchAll(/^\| `(\w+)` +\| .*? +\| (.*?) +\|/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );

  it('are all props, with their defaults', () => {
    expect(new Set(rows.map(([name]) => name))).toEqual(PROPS);
    const shown = Object.fromEntries(rows);
    const { logRetention, removalPolicy, ...others } = resolveProps({});
    for (const [name, value] of Object.entries(others))
      expect(shown[name]).toBe(typeof value === 'object' ? Object.values(value).join(', ') : String(value));
    expect(shown['logRetention']).toBe(`\`${RetentionDays[logRetention]}\``);
    expect(shown['removalPolicy']).toBe(`\`${removalPolicy.replaceAll('-', '_').toUpperCase()}\``);
  });

  it('are followed by the regions that are refused', () => {
    const listed = /\*\*Regions\.\*\*([^]*?)A stack with/.exec(section)?.[1] ?? '';
    expect([...listed.matchAll(/`([a-z-]+-\d)`/g)].map(([, region]) => region)).toEqual(REGIONS_WITHOUT_SES);
  });
});
