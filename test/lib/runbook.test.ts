/** Every alarm has a section in the runbook, and everything that its commands name exists. test/integration runs the commands. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describe as describeDeployment } from '../../admin/describe.ts';
import { PROGRAM } from '../../bin/commands.ts';
import { parseDescription } from '../../lambdas/core/deployment-description.ts';
import { createTestDeployment } from '../admin/deployment.ts';
import { openApiDocument } from '../../lambdas/api/openapi.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { commandsOf, firstCommands, otherSections, runbook, sections } from '../runbook/page.ts';
import { resourcesOf, templateOf } from '../../pages/template.ts';

const template = templateOf();
const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };

const commands = [...firstCommands, ...[...sections.values()].flatMap(commandsOf)];
const flagsOf = (line: string): string[] => [...line.matchAll(/ --([a-z-]+)/g)].map(([, name = '']) => name);

describe('the runbook', () => {
  it('has exactly the sections that the alarms name', () => {
    const named = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) => String(Properties['AlarmDescription']).split('#')[1],
    );
    expect(new Set(sections.keys())).toEqual(new Set(named));
  });

  it.each([...sections])('has a command in the section %s', (_, text) => {
    expect(commandsOf(text).length).toBeGreaterThan(0);
  });

  it('has only commands of the types that these tests check', () => {
    expect(
      commands.filter((line) => !/^(?:npx ivymail-events |aws |curl |logged |throttled )/.test(line)),
    ).toEqual([]);
  });

  it('links only to existing sections', () => {
    const links = [...runbook.matchAll(/\]\(#([^)]+)\)/g)].map(([, name]) => name);
    expect(links.length).toBeGreaterThan(3);
    const anchors = [...sections.keys(), ...otherSections.keys()].map((name) =>
      name.toLowerCase().replaceAll(' ', '-'),
    );
    expect(anchors).toEqual(expect.arrayContaining(links));
  });

  it('names the dead-letter queue of each alarm in the table', () => {
    const places = [...runbook.matchAll(/^\| (\w+) +\| (\w+DeadLetters) +\|/gm)].map(([, alarm, place]) => [
      alarm,
      place,
    ]);
    const expected = resourcesOf(template, 'AWS::CloudWatch::Alarm')
      .filter(([id]) => id.includes('DeadLetters'))
      .map(([id, { Properties }]) => [
        id.replace(/^IvyAlarms|[0-9A-F]{8}$/g, ''),
        JSON.stringify(Properties['Dimensions']).replace(/.*Ivy(\w+?)[0-9A-F]{8}.*/, '$1'),
      ]);
    expect(new Set(places.map(String))).toEqual(new Set(expected.map(String)));
  });
});

describe('the resources that remain when the stack is destroyed', () => {
  const retained = Object.entries(
    Resources as Record<string, { Type: string; DeletionPolicy?: string; Properties: object }>,
  ).filter(([, { DeletionPolicy }]) => DeletionPolicy?.startsWith('Retain'));

  it('are the ones that the runbook imports, with the identifiers of CloudFormation', () => {
    const [, mapping = '{}'] =
      /```json\n([^]*?)```/.exec(otherSections.get('Retained resources') ?? '') ?? [];
    const identifiers: Record<string, string> = {
      'AWS::DynamoDB::GlobalTable': 'TableName',
      'AWS::KMS::Key': 'KeyId',
      'AWS::SES::ConfigurationSet': 'Name',
    };
    expect(JSON.parse(mapping)).toEqual(
      Object.fromEntries(
        retained.map(([id, { Type }]) => [id, { [identifiers[Type] ?? '']: 'PHYSICAL ID' }]),
      ),
    );
  });

  it('refer to no other resource, so that they can be imported into an empty stack', () => {
    const references = JSON.stringify(retained.map(([, { Properties }]) => Properties ?? {}));
    expect(retained).toHaveLength(3);
    expect(Object.keys(Resources).filter((id) => references.includes(`"${id}"`))).toEqual([]);
  });
});

describe('an admin command in the runbook', () => {
  const places = [
    'quarantine',
    ...Object.keys(Resources)
      .filter((id) => /DeadLetters[0-9A-F]{8}$/.test(id))
      .map((id) => id.replace(/^Ivy|[0-9A-F]{8}$/g, '')),
  ];

  const adminCommands = [...runbook.matchAll(/npx ivymail-events ([^`\n)]+)/g)].map(([, line = '']) => line);

  it.each([...new Set(adminCommands)])('is declared, with its options: %s', (line) => {
    const words = line.replaceAll(/ --[a-z-]+(?: (?!-)\S+)?/g, '').split(' ');
    const declared = PROGRAM.commands.find(({ name }) => ` ${words.join(' ')} `.startsWith(` ${name} `));
    if (!declared) throw new Error(`There is no command ${line}`);
    const args = words.slice(declared.name.split(' ').length);
    const expected = declared.arguments ?? [];
    expect(args).toHaveLength(expected.length);
    // `IDENTITY` can be any identity. A place must exist in the template.
    const named = args.filter((_, index) => expected[index]?.name === 'PLACE');
    expect(places).toEqual(expect.arrayContaining(named));
    const options = Object.keys({ ...declared.options, ...PROGRAM.options });
    expect(options).toEqual(expect.arrayContaining(flagsOf(line)));
  });

  it('names only existing reasons', () => {
    const code = ['ingest', 'store'].flatMap((folder) =>
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

/** Returns the functions whose log lines these commands show. */
const loggedIn = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => /^logged (\w+)/.exec(line)?.[1] ?? []);

/** The description of the deployment. Its values are the logical ids of the resources. */
const description = Object.values(template.findOutputs('*') as Record<string, { Value: unknown }>)
  .map(({ Value: value }) => {
    const [, parts = []] = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'] ?? [];
    return parseDescription(
      parts
        .map((part) => (typeof part === 'string' ? part : String(Object.values(part as object)[0])))
        .join(''),
    );
  })
  .find((each) => each !== undefined);
if (!description) throw new Error('The template has no description of the deployment');

describe('an AWS command in the runbook', () => {
  it('reads only existing fields of the deployment', async () => {
    const { result } = await describeDeployment({ ...createTestDeployment().deployment, description });
    const fields = [...runbook.matchAll(/\$\(field "?([\w.]+)[")]/g)].map(([, name = '']) => name);
    expect(fields.length).toBeGreaterThan(8);
    for (const name of fields) expect(result).toHaveProperty(name, expect.any(String));
  });

  it('shows the log of existing functions and of the only state machine whose executions leave nothing else', () => {
    const names = [...Object.keys(description.functions), 'DeliverMachine'];
    expect(names).toEqual(expect.arrayContaining([...loggedIn(commands)]));
    const [, deliver = ''] = /^arn:|^(\w+)$/.exec(description.deliver_machine_arn) ?? [];
    expect(Resources[deliver]?.Type).toBe('AWS::StepFunctions::StateMachine');
  });

  it('searches only for log messages that a handler writes', () => {
    const handlers = readdirSync('lambdas/handlers').map((file) =>
      readFileSync(`lambdas/handlers/${file}`, 'utf8'),
    );
    const messages = [...runbook.matchAll(/\$\.message = "([\w.]+)"/g)].map(([, message]) => message);
    expect(messages.length).toBeGreaterThan(1);
    for (const message of messages) expect(handlers.join('')).toContain(`logger.error('${message}'`);
  });

  const functions = Object.keys(description.functions);

  it('knows every function of the stack', () => {
    expect(Object.values(description.functions).toSorted()).toEqual(
      resourcesOf(template, 'AWS::Lambda::Function')
        .map(([id]) => id)
        .toSorted(),
    );
  });

  it('shows the throttles of every function', () => {
    const shown = commandsOf(sections.get('functions-throttled') ?? '').flatMap(
      (line) => /^throttled (\w+)/.exec(line)?.[1] ?? [],
    );
    expect(shown.toSorted()).toEqual(functions.toSorted());
  });

  it('shows the errors of every function', () => {
    expect(loggedIn(commandsOf(sections.get('function-errors') ?? '')).toSorted()).toEqual(
      functions.toSorted(),
    );
  });
});

interface Operation {
  readonly parameters: readonly { readonly name: string }[];
  readonly requestBody?: {
    readonly content: Record<string, { readonly schema: { readonly $ref: string } }>;
  };
}

describe('an API request in the runbook', () => {
  const { paths, components } = openApiDocument(ROUTES) as unknown as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
  };

  it.each(commands.filter((line) => line.startsWith('curl ')))(
    'has a route, and uses only its parameters and fields: %s',
    (line) => {
      const [, method = 'GET'] = /-X (\w+)/.exec(line) ?? [];
      const [, path = '', query = ''] = /"\$BASE([^"?]+)\??([^"]*)"/.exec(line) ?? [];
      const shape = path.replaceAll(/\$\w+/g, '{}');
      const [, operations = {}] =
        Object.entries(paths).find(([each]) => each.replaceAll(/\{\w+\}/g, '{}') === shape) ?? [];
      const operation = operations[method.toLowerCase()];
      const names = operation?.parameters.map(({ name }) => name);
      for (const name of new URLSearchParams(query).keys()) expect(names).toContain(name);
      const [, body = '{}'] = / -d '(.*)'/.exec(line) ?? [];
      const reference = operation?.requestBody?.content['application/json']?.schema.$ref ?? '';
      const { properties = {} } = components.schemas[reference.split('/').at(-1) ?? ''] ?? {};
      for (const name of Object.keys(JSON.parse(body) as object))
        expect(Object.keys(properties)).toContain(name);
      expect(operation).toBeDefined();
      expect(line).toContain('-H "x-api-key: $KEY"');
    },
  );
});
