import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { IvyMailStack } from '../lib/ivymail-stack.ts';
import type { StackOptions } from '../lib/options.ts';
import { table } from './markdown.ts';
import { listOf } from './template.ts';

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

/** Actions that AWS itself calls with the role of a function or a state machine, and which service calls them. */
const CALLED_BY_AWS: readonly (readonly [RegExp, string])[] = [
  [/^logs:(?:CreateLogStream|PutLogEvents)$/, 'Lambda, to write the log'],
  [/^sqs:(?:ReceiveMessage|DeleteMessage|GetQueueAttributes)$/, 'Lambda, to poll the queue'],
  [/^dynamodb:(?:DescribeStream|GetRecords|GetShardIterator|ListStreams)$/, 'Lambda, to read the stream'],
  [/^logs:/, 'Step Functions, to write the log'],
  [/^xray:/, 'Step Functions, to trace'],
];

/** The reason for each action that is allowed on more than one resource. No other action may be. */
export const WIDE: readonly { readonly actions: readonly string[]; readonly reason: string }[] = [
  {
    actions: ['ses:SendEmail', 'ses:SendRawEmail'],
    reason:
      'The sender is known only when an email is sent. Allowed is any identity of this account and region, with only our configuration set.',
  },
  {
    actions: ['ses:DeleteSuppressedDestination'],
    reason: 'IAM has no resource for the suppression list of the account.',
  },
  {
    actions: ['ses:GetAccount'],
    reason: 'IAM has no resource for the SES account. `GET /v1/reputation` shows its status and its quota.',
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
      'IAM has no resource for log deliveries and log policies. Step Functions lists all log groups to find its own.',
  },
  {
    actions: [
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ],
    reason: 'IAM has no resources for X-Ray.',
  },
];

/** Who calls an action: the code of the function, the definition of the state machine, or an AWS service for one of them. */
export function callerOf({ who, action }: Permission): string {
  // Lambda sends a failed batch of tally to the dead-letter queue. Dispatch also sends messages there itself.
  if (who === 'Tally/Function' && action === 'sqs:SendMessage')
    return 'Lambda, to send a failed batch to the dead-letter queue';
  const found = CALLED_BY_AWS.find(([name]) => name.test(action));
  return found?.[1] ?? (who.endsWith('Machine') ? 'its definition' : 'its code');
}

/** The path of the construct, without the stack and the top construct: `Store/Table`. */
function pathOf({ Metadata }: Resource): string {
  return (Metadata?.['aws:cdk:path'] ?? '').split('/').slice(2).join('/');
}

function synthesized(options: StackOptions): ReadonlyMap<string, Resource> {
  const { context } = JSON.parse(readFileSync(new URL('cdk.json', root), 'utf8')) as { context: object };
  const app = new App({
    context: { ...context, 'aws:cdk:bundling-stacks': [], 'aws:cdk:enable-path-metadata': true },
  });
  const stack = new IvyMailStack(app, 'IvyMailEvents', { options });
  const { template } = app.synth().getStackArtifact(stack.artifactId) as {
    readonly template: { readonly Resources: Record<string, Resource> };
  };
  return new Map(Object.entries(template.Resources));
}

/** The name of a policy's resource: the path of its construct, or the text of the ARN. */
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

/** The functions and state machines by the id of their role. */
function ownersOf(resources: ReadonlyMap<string, Resource>): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const resource of resources.values()) {
    const role = resource.Properties?.['Role'] ?? resource.Properties?.['RoleArn'];
    const [id] = (role as { 'Fn::GetAtt'?: string[] } | undefined)?.['Fn::GetAtt'] ?? [];
    if (id !== undefined) owners.set(id, pathOf(resource).replace(/\/Resource$/, ''));
  }
  return owners;
}

/** Every permission of every role of the stack, in the order of the template. */
export function permissions(options: StackOptions = {}): readonly Permission[] {
  const resources = synthesized(options);
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

/** The permissions on more than one resource, with the reason. Throws if a reason is missing. */
export function widePermissions(
  granted: readonly Permission[] = permissions(),
): readonly (Permission & { readonly reason: string })[] {
  return granted
    .filter(({ action, on }) => `${action} ${on}`.includes('*'))
    .map((permission) => {
      const reason = WIDE.find(({ actions }) => actions.includes(permission.action))?.reason;
      if (reason === undefined)
        throw new Error(`${permission.action} on ${permission.on} has no reason in WIDE`);
      return { ...permission, reason };
    });
}

/** The permissions that options add to those of a stack with the default options. */
function permissionsAddedBy(options: StackOptions): readonly Permission[] {
  const key = ({ who, action, on }: Permission): string => `${who} ${action} ${on}`;
  const without = new Set(permissions().map(key));
  return permissions(options).filter((permission) => !without.has(key(permission)));
}

/** The permissions that the option `tracing` adds. */
export function tracingPermissions(): readonly Permission[] {
  return permissionsAddedBy({ tracing: true });
}

/** The permissions that the option `reputation.pauseConfigurationSet` adds. */
export function pausePermissions(): readonly Permission[] {
  return permissionsAddedBy({ reputation: { pauseConfigurationSet: true } });
}

/** One row for all permissions with the same cells. The last cell lists their actions. */
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

/** The text of docs/generated/permissions.md. */
export function permissionsPage(): string {
  const granted = permissions();
  const wide = widePermissions(granted);
  const traced = widePermissions(tracingPermissions());
  const sections = [...new Set(granted.map(({ who }) => who))].map((who) => {
    const rows = grouped(
      granted.filter((permission) => permission.who === who),
      (permission) => [`\`${permission.on}\``, callerOf(permission)],
    );
    return `## ${who}\n\n${table(['on', 'called by', 'actions'], rows)}`;
  });
  return `# Permissions

Every permission of the roles of a stack with the default options. Made from its template by \`npm run docs\`. Names are those of the constructs
in [the architecture](../architecture.md). No action is granted by a wildcard, there is no managed policy, and each function and state machine has its
own role. Tests check that a function has exactly the permissions that its code uses, on exactly the resources that it uses.

${sections.join('\n\n')}

## On more than one resource

${table(
  ['who', 'on', 'why', 'actions'],
  grouped(wide, ({ who, on, reason }) => [who, `\`${on}\``, reason]),
)}

## With the option \`tracing\`

The option adds these permissions:

${table(
  ['who', 'on', 'called by', 'why', 'actions'],
  grouped(traced, (permission) => [
    permission.who,
    `\`${permission.on}\``,
    callerOf(permission),
    permission.reason,
  ]),
)}

## With the option \`reputation.pauseConfigurationSet\`

The option adds this permission:

${table(
  ['who', 'on', 'called by', 'actions'],
  grouped(pausePermissions(), (permission) => [permission.who, `\`${permission.on}\``, callerOf(permission)]),
)}
`;
}
