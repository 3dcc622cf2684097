/** An alarm rings at night: every section has commands, and every command can be typed as it stands. */
import { readdirSync, readFileSync } from 'node:fs';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as sesv2 from '@aws-sdk/client-sesv2';
import * as stepfunctions from '@aws-sdk/client-sfn';
import * as sqs from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../lambdas/api/openapi.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { resourcesOf, templateOf } from './template.ts';

const template = templateOf();
const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };
const runbook = readFileSync('docs/runbook.md', 'utf8');
const [preamble = '', ...rest] = runbook.split(/^## /m);
const sections = new Map(rest.map((text) => [text.split('\n')[0] ?? '', text] as const));

/** The commands of a text, each in one line. */
function commandsOf(text: string): string[] {
  return [...text.matchAll(/```sh\n([^]*?)```/g)]
    .flatMap(([, code = '']) => code.replaceAll(/ \\\n +/g, ' ').split('\n'))
    .filter((line) => line !== '');
}

const commands = [...sections.values()].flatMap(commandsOf);
const ofKind = (start: string): string[] =>
  [...new Set([...commands, ...commandsOf(preamble)])]
    .filter((line) => line.startsWith(start))
    .map((line) => line.slice(start.length));
const flagsOf = (line: string): string[] => [...line.matchAll(/ --([a-z-]+)/g)].map(([, name = '']) => name);

describe('the runbook', () => {
  it('has the section every alarm names, and none that no alarm names', () => {
    const named = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) => String(Properties['AlarmDescription']).split('#')[1],
    );
    expect(new Set(sections.keys())).toEqual(new Set(named));
  });

  it.each([...sections])('says what to type in %s', (_, text) => {
    expect(commandsOf(text).length).toBeGreaterThan(0);
  });

  it('has no command of a kind that nothing here looks into', () => {
    expect(commands.filter((line) => !/^(?:npm run admin -- |aws |curl )/.test(line))).toEqual([]);
  });

  it('refers to sections that are there', () => {
    for (const [, name = ''] of runbook.matchAll(/\(_([a-z-]+)_\)/g))
      expect([...sections.keys()]).toContain(name);
  });

  it('tells which place in the table of dead letters an alarm is about', () => {
    const places = [...runbook.matchAll(/^\| (\w+) +\| (\w+DeadLetters) +\|/gm)].map(([, alarm, place]) => [
      alarm,
      place,
    ]);
    const real = resourcesOf(template, 'AWS::CloudWatch::Alarm')
      .filter(([id]) => id.includes('DeadLetters'))
      .map(([id, { Properties }]) => [
        id.replace(/^IvyAlarms|[0-9A-F]{8}$/g, ''),
        JSON.stringify(Properties['Dimensions']).replace(/.*Ivy(\w+?)[0-9A-F]{8}.*/, '$1'),
      ]);
    expect(new Set(places.map(String))).toEqual(new Set(real.map(String)));
  });
});

describe('a command of ours', () => {
  const [, usage = ''] = /const USAGE = `([^]*?)`;/.exec(readFileSync('bin/admin.ts', 'utf8')) ?? [];
  /** By command: the line that names it, and those of its options. */
  const usages = new Map(
    [...usage.matchAll(/^ {2}([a-z]+)(.*\n(?: {6}.*\n)*)/gm)].map(([, name = '', text = '']) => [name, text]),
  );
  const places = [
    'quarantine',
    ...Object.keys(Resources)
      .filter((id) => /DeadLetters[0-9A-F]{8}$/.test(id))
      .map((id) => id.replace(/^Ivy|[0-9A-F]{8}$/g, '')),
  ];

  const ours = [...runbook.matchAll(/npm run admin -- ([^`\n]+)/g)].map(([, line = '']) => line);

  it.each([...new Set(ours)])('is one that the usage names, options too: %s', (line) => {
    const words = line.replaceAll(/ --[a-z-]+(?: (?!-)\S+)?/g, '').split(' ');
    const [name = '', action = '', place = 'quarantine'] = words;
    const text = usages.get(name) ?? '';
    expect(text).not.toBe('');
    // `attach IDENTITY` takes any.
    expect(/^ [A-Z]/.test(text) || text.includes(action)).toBe(true);
    expect(places).toContain(place);
    for (const flag of flagsOf(line)) expect(text).toContain(`--${flag}`);
  });

  it('names a reason that there is', () => {
    const code = ['core', 'store'].flatMap((folder) =>
      readdirSync(`lambdas/${folder}`).map((file) => readFileSync(`lambdas/${folder}/${file}`, 'utf8')),
    );
    const reasons = [...code.join('').matchAll(/new UnreadableMessage\('(\w+)'/g)].map(
      ([, reason]) => reason,
    );
    const named = [...runbook.matchAll(/--reason (\w+)/g)].map(([, reason]) => reason);
    expect(named.length).toBeGreaterThan(0);
    expect(reasons).toEqual(expect.arrayContaining(named));
  });
});

describe('a command of the AWS CLI', () => {
  const SERVICES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    cloudformation,
    sesv2,
    sqs,
    stepfunctions,
  };
  const GLOBAL = ['query', 'output'];
  const plain = (name: string): string => name.replaceAll('-', '').toLowerCase();

  /** Options of an operation by the SDK's own schema of its input. */
  function optionsOf(service: string, operation: string): string[] | undefined {
    // Made by the CLI itself: https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html
    if (`${service} ${operation}` === 'logs tail') return ['since', 'filter-pattern', 'follow', 'format'];
    const schemas = Object.entries(SERVICES[service] ?? {});
    const found = schemas.find(([name]) =>
      new RegExp(`^${plain(operation)}(?:input|request)\\$$`, 'i').test(name),
    );
    return (found?.[1] as [unknown, unknown, unknown, unknown, string[]] | undefined)?.[4];
  }

  it.each([...ofKind('aws '), ...ofKind('  aws ')])('has a name and options that AWS knows: %s', (line) => {
    const [service = '', operation = ''] = line.split(' ');
    const own = optionsOf(service, operation);
    expect(own).toBeDefined();
    const options = [...(own ?? []), ...GLOBAL].map(plain);
    // What is between quotes is a value.
    for (const flag of flagsOf(line.replaceAll(/'[^']*'/g, "''"))) expect(options).toContain(plain(flag));
  });

  it.each([
    ...new Set([...runbook.matchAll(/\$\(named (\S+) (\w+)\)/g)].map(([, type, name]) => [type, name])),
  ])('finds one resource by %s %s', (type, name) => {
    const found = Object.entries(Resources).filter(
      ([id, { Type }]) => Type === `AWS::${type}` && id.startsWith(`Ivy${name}`),
    );
    expect(found).toHaveLength(1);
  });

  it('finds the outputs it asks for', () => {
    const asked = [...runbook.matchAll(/\$\(output (\w+)/g)].map(([, name]) => name);
    expect(asked.length).toBeGreaterThan(2);
    expect(Object.keys(template.findOutputs('*'))).toEqual(expect.arrayContaining(asked));
  });

  it('looks for lines that are logged', () => {
    const handlers = readdirSync('lambdas/handlers').map((file) =>
      readFileSync(`lambdas/handlers/${file}`, 'utf8'),
    );
    const looked = [...runbook.matchAll(/\$\.message = "([\w.]+)"/g)].map(([, message]) => message);
    expect(looked.length).toBeGreaterThan(1);
    for (const message of looked) expect(handlers.join('')).toContain(`logger.error('${message}'`);
  });

  it('shows the errors of every function', () => {
    const groups = [...(sections.get('function-errors') ?? '').matchAll(/named Logs::LogGroup (\w+)/g)];
    const functions = resourcesOf(template, 'AWS::Lambda::Function').map(([id]) =>
      id.replace(/^Ivy|[0-9A-F]{8}$/g, ''),
    );
    expect(groups.map(([, name = '']) => name).toSorted()).toEqual(
      functions.map((name) => `${name}Logs`).toSorted(),
    );
  });
});

interface Operation {
  readonly parameters: readonly { readonly name: string }[];
  readonly requestBody?: {
    readonly content: Record<string, { readonly schema: { readonly properties: Record<string, unknown> } }>;
  };
}

describe('a request to the API', () => {
  const { paths } = openApiDocument(ROUTES) as unknown as {
    paths: Record<string, Record<string, Operation>>;
  };

  it.each(ofKind('curl '))('has a route, and names what it takes: %s', (line) => {
    const [, method = 'GET'] = /-X (\w+)/.exec(line) ?? [];
    const [, path = '', query = ''] = /"\$BASE([^"?]+)\??([^"]*)"/.exec(line) ?? [];
    const shape = path.replaceAll(/\$\w+/g, '{}');
    const [, operations = {}] =
      Object.entries(paths).find(([each]) => each.replaceAll(/\{\w+\}/g, '{}') === shape) ?? [];
    const operation = operations[method.toLowerCase()];
    const names = operation?.parameters.map(({ name }) => name);
    for (const name of new URLSearchParams(query).keys()) expect(names).toContain(name);
    const [, body = '{}'] = / -d '(.*)'/.exec(line) ?? [];
    const { properties = {} } = operation?.requestBody?.content['application/json']?.schema ?? {};
    for (const name of Object.keys(JSON.parse(body) as object))
      expect(Object.keys(properties)).toContain(name);
    expect(operation).toBeDefined();
    expect(line).toContain('-H "x-api-key: $KEY"');
  });
});
