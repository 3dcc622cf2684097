import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { IvyMailStack } from '../lib/ivymail-stack.ts';

const root = new URL('..', import.meta.url);

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: { readonly 'aws:cdk:path'?: string };
}

export interface Permission {
  /** Construct of the function or the state machine. */
  readonly who: string;
  readonly action: string;
  readonly on: string;
}

/** Actions that no code of ours asks for, and who does, in the name of the function or the state machine. */
const ASKED_BY: readonly (readonly [RegExp, string])[] = [
  [/^logs:(?:CreateLogStream|PutLogEvents)$/, 'Lambda, to write the log'],
  [/^sqs:(?:ReceiveMessage|DeleteMessage|GetQueueAttributes)$/, 'Lambda, to poll the queue'],
  [/^dynamodb:(?:DescribeStream|GetRecords|GetShardIterator|ListStreams)$/, 'Lambda, to read the stream'],
  [/^logs:/, 'Step Functions, to write the log'],
  [/^xray:/, 'Step Functions, to trace'],
];

/** Why an action is allowed on more than one resource. What is not here may not be. */
export const WIDE: readonly { readonly actions: readonly string[]; readonly reason: string }[] = [
  {
    actions: ['ses:SendEmail'],
    reason:
      'The address a mail is from is known when somebody sends. Any identity of this account and region, and no configuration set but ours.',
  },
  {
    actions: ['ses:DeleteSuppressedDestination'],
    reason: 'The suppression list of the account is no resource to IAM.',
  },
  {
    actions: [
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
    ],
    reason:
      'Deliveries and policies of logs are no resources to IAM; Step Functions finds the group among all.',
  },
  {
    actions: [
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ],
    reason: 'To IAM, X-Ray has no resources.',
  },
];

/** Who asks for it: the code of the function, the definition of the machine, or AWS for one of them. */
export function askedBy({ who, action }: Permission): string {
  // What tally cannot count, Lambda sets aside; dispatch also does so itself.
  if (who === 'Tally/Function' && action === 'sqs:SendMessage') return 'Lambda, to set aside a batch';
  const found = ASKED_BY.find(([name]) => name.test(action));
  return found?.[1] ?? (who.endsWith('Machine') ? 'its definition' : 'its code');
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Below the stack and the construct: `Store/Table`. */
function pathOf({ Metadata }: Resource): string {
  return (Metadata?.['aws:cdk:path'] ?? '').split('/').slice(2).join('/');
}

function synthesized(): ReadonlyMap<string, Resource> {
  const { context } = JSON.parse(readFileSync(new URL('cdk.json', root), 'utf8')) as { context: object };
  const app = new App({
    context: { ...context, 'aws:cdk:bundling-stacks': [], 'aws:cdk:enable-path-metadata': true },
  });
  const stack = new IvyMailStack(app, 'IvyMailEvents', { options: {} });
  const { template } = app.synth().getStackArtifact(stack.artifactId) as {
    readonly template: { readonly Resources: Record<string, Resource> };
  };
  return new Map(Object.entries(template.Resources));
}

/** A resource of a policy by the name of its construct, or as it stands there. */
function nameOf(resources: ReadonlyMap<string, Resource>, value: unknown): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['', '']] = Object.entries(value as object) as [string, unknown][];
  if (intrinsic === 'Fn::Join')
    return (argument as [string, unknown[]])[1].map((part) => nameOf(resources, part)).join('');
  const [id = '', attribute = ''] = [argument].flat() as string[];
  const found = resources.get(id);
  if (!found) return `{${id.replace('AWS::', '')}}`;
  const path = pathOf(found).replace(/\/Resource$/, '');
  return attribute === 'StreamArn' ? `stream of ${path}` : path;
}

/** The function or the state machine whose role it is. */
function ownersOf(resources: ReadonlyMap<string, Resource>): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const resource of resources.values()) {
    const role = resource.Properties?.['Role'] ?? resource.Properties?.['RoleArn'];
    const [id] = (role as { 'Fn::GetAtt'?: string[] } | undefined)?.['Fn::GetAtt'] ?? [];
    if (id !== undefined) owners.set(id, pathOf(resource).replace(/\/Resource$/, ''));
  }
  return owners;
}

/** Everything that a role of ours may do, in the order of the template. */
export function permissions(): readonly Permission[] {
  const resources = synthesized();
  const owners = ownersOf(resources);
  return [...resources.values()]
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .flatMap(({ Properties = {} }) => {
      const [role] = Properties['Roles'] as { Ref: string }[];
      const who = owners.get(role?.Ref ?? '') ?? 'nobody';
      const { Statement: statements } = Properties['PolicyDocument'] as { Statement: readonly Statement[] };
      return statements.flatMap(({ Action, Resource }) =>
        listOf(Action).flatMap((action) =>
          listOf(Resource).map((each) => ({ who, action, on: nameOf(resources, each) })),
        ),
      );
    });
}

/** Those on more than one resource, with the reason. Throws where there is none. */
export function widePermissions(): readonly (Permission & { readonly reason: string })[] {
  return permissions()
    .filter(({ action, on }) => `${action} ${on}`.includes('*'))
    .map((permission) => {
      const reason = WIDE.find(({ actions }) => actions.includes(permission.action))?.reason;
      if (reason === undefined) throw new Error(`${permission.action} on ${permission.on}: why?`);
      return { ...permission, reason };
    });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** A row for those with the same cells, and all of their actions at its end. */
function grouped<T extends Permission>(
  all: readonly T[],
  cellsOf: (permission: T) => readonly string[],
): readonly (readonly string[])[] {
  const rows = Map.groupBy(all, (permission) => cellsOf(permission).join('\n'));
  return [...rows].map(([cells, same]) => [
    ...cells.split('\n'),
    same.map(({ action }) => `\`${action}\``).join(', '),
  ]);
}

/** docs/generated/permissions.md */
export function permissionsPage(): string {
  const granted = permissions();
  const wide = widePermissions();
  const sections = [...new Set(granted.map(({ who }) => who))].map((who) => {
    const rows = grouped(
      granted.filter((permission) => permission.who === who),
      (permission) => [`\`${permission.on}\``, askedBy(permission)],
    );
    return `## ${who}\n\n${table(['on', 'asked for by', 'actions'], rows)}`;
  });
  return `# Permissions

Everything that the roles of the stack may do, made from its template by \`npm run docs\`. Names are those of the constructs
in [the architecture](../architecture.md). No action is granted by a wildcard, there is no managed policy, and each function and state machine has a role
of its own. Tests hold that a function may do exactly what its code can ask for, on the resources that it does ask for.

${sections.join('\n\n')}

## On more than one resource

${table(
  ['who', 'on', 'why', 'actions'],
  grouped(wide, ({ who, on, reason }) => [who, `\`${on}\``, reason]),
)}
`;
}
