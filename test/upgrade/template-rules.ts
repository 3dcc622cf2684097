/** Rules about two templates: whether an update from the first to the second loses something or is refused by AWS. */
import { isDeepStrictEqual } from 'node:util';
import { ENV } from '../../lambdas/core/env.ts';
import { textOf } from '../../pages/template.ts';
import type { StackTemplate, TemplateResource } from './releases.ts';

interface KeptType {
  /** What a user loses if a resource of this type is removed or replaced. */
  readonly loses: string;
  /** The properties that AWS cannot change. CloudFormation replaces the resource, or the update fails. */
  readonly fixed: readonly string[];
}

/** The types of which every resource must survive an update, under its logical id. */
export const KEPT: Readonly<Record<string, KeptType>> = {
  'AWS::DynamoDB::GlobalTable': {
    loses: 'every row',
    // A new stream has a new ARN, so dispatch and tally would miss the records of the old one. DynamoDB refuses another
    // attribute for the time to live until the first one is disabled.
    fixed: [
      'TableName',
      'KeySchema',
      'LocalSecondaryIndexes',
      'StreamSpecification',
      'TimeToLiveSpecification',
    ],
  },
  'AWS::KMS::Key': {
    loses: 'every webhook secret, because only this key decrypts them',
    fixed: ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  },
  'AWS::SQS::Queue': { loses: 'the waiting messages', fixed: ['QueueName', 'FifoQueue'] },
  'AWS::SNS::Topic': {
    loses: 'the ARN to which SES publishes, or to which your alarm actions subscribe',
    fixed: ['TopicName', 'FifoTopic'],
  },
  'AWS::SNS::Subscription': {
    // SNS returns the ARN of the existing subscription for a second one with the same endpoint. CloudFormation then
    // deletes it as the old one.
    loses: 'every event, because CloudFormation deletes the only subscription',
    fixed: ['TopicArn', 'Protocol', 'Endpoint', 'Region'],
  },
  'AWS::SES::ConfigurationSet': {
    loses: 'the events of every identity and program that uses its name',
    fixed: ['Name'],
  },
  'AWS::SES::ConfigurationSetEventDestination': {
    loses: 'the events that SES publishes between two destinations',
    fixed: ['ConfigurationSetName'],
  },
  'AWS::StepFunctions::StateMachine': {
    // A running execution keeps the definition and the role with which it started.
    loses: 'the running retries',
    fixed: ['StateMachineName', 'StateMachineType', 'RoleArn'],
  },
  'AWS::Lambda::Function': {
    loses: 'the running retries, because their definition contains the ARN of the function',
    fixed: ['FunctionName', 'PackageType'],
  },
  'AWS::Lambda::EventSourceMapping': {
    // Lambda refuses a second mapping of a queue to the same function. A new mapping of a stream reads from the beginning.
    loses: 'its position, or the update fails because the mapping exists',
    fixed: ['EventSourceArn', 'FunctionName', 'StartingPosition', 'StartingPositionTimestamp'],
  },
  'AWS::ApiGateway::RestApi': { loses: 'the URL of the API', fixed: [] },
  'AWS::ApiGateway::Stage': { loses: 'the URL of the API', fixed: ['StageName', 'RestApiId'] },
  'AWS::Logs::LogGroup': { loses: 'the log lines', fixed: ['LogGroupName'] },
};

/** A property that names a resource. CloudFormation creates a new resource before it deletes the old one, so two ids with one name fail. */
const NAMED: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::Logs::LogGroup': 'LogGroupName',
};

type Resources = StackTemplate['Resources'];

/** The roles with which running executions call functions. */
function machineRoles(resources: Resources): ReadonlySet<string> {
  const machines = Object.values(resources).filter(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
  return new Set(
    machines.map(
      ({ Properties }) =>
        (Properties?.['RoleArn'] as { 'Fn::GetAtt': [string] } | undefined)?.['Fn::GetAtt'][0] ?? '',
    ),
  );
}

/** `RetainExceptOnCreate` differs from `Retain` only while the first deployment of the resource is rolled back. */
const isRetained = (policy: string | undefined): boolean => policy?.startsWith('Retain') ?? false;

/** A value as CloudFormation deploys it in the stack `IvyMailEvents`: a joined text that contains only its name is that text. */
function deployed(value: unknown): unknown {
  const text = typeof value === 'object' && value !== null && 'Fn::Join' in value ? textOf(value) : value;
  return typeof text === 'string' ? text.replaceAll('${AWS::StackName}', 'IvyMailEvents') : value;
}

function* lostResources(before: Resources, after: Resources): Generator<string> {
  const roles = machineRoles(before);
  for (const [id, { Type, Properties, DeletionPolicy }] of Object.entries(before)) {
    const kept = roles.has(id) ? { loses: 'the running retries', fixed: ['RoleName', 'Path'] } : KEPT[Type];
    if (kept === undefined) continue;
    const next = after[id];
    if (next?.Type !== Type) {
      yield `${id} (${Type}) is removed: this loses ${kept.loses}`;
      continue;
    }
    for (const name of kept.fixed)
      if (!isDeepStrictEqual(deployed(Properties?.[name]), deployed(next.Properties?.[name])))
        yield `${id}.${name} changes, which replaces the ${Type}: this loses ${kept.loses}`;
    if (isRetained(DeletionPolicy) && !isRetained(next.DeletionPolicy))
      yield `${id} is no longer retained when the stack is deleted`;
  }
}

interface Index {
  readonly IndexName: string;
  readonly KeySchema: unknown;
  readonly Projection: unknown;
}

const indexesOf = (table: TemplateResource): ReadonlyMap<string, Index> =>
  new Map(
    ((table.Properties?.['GlobalSecondaryIndexes'] ?? []) as readonly Index[]).map((index) => [
      index.IndexName,
      index,
    ]),
  );

/** DynamoDB creates or deletes one index per update, and cannot change an index. */
function* refusedIndexes(before: Resources, after: Resources): Generator<string> {
  for (const [id, table] of Object.entries(before)) {
    const next = after[id];
    if (table.Type !== 'AWS::DynamoDB::GlobalTable' || next === undefined) continue;
    const [old, current] = [indexesOf(table), indexesOf(next)];
    for (const [name, { KeySchema, Projection }] of old) {
      const index = current.get(name);
      if (index && !isDeepStrictEqual([KeySchema, Projection], [index.KeySchema, index.Projection]))
        yield `${id}: the keys or the projection of the index ${name} change. DynamoDB cannot change an index`;
    }
    const changed = [
      ...[...old.keys()].filter((name) => !current.has(name)),
      ...[...current.keys()].filter((name) => !old.has(name)),
    ];
    if (changed.length > 1)
      yield `${id}: one update creates or deletes the indexes ${changed.join(' and ')}. DynamoDB accepts one`;
    const types = (each: TemplateResource): unknown => each.Properties?.['AttributeDefinitions'];
    for (const attribute of types(table) as readonly { readonly AttributeName: string }[]) {
      const same = (types(next) as (typeof attribute)[]).find(
        ({ AttributeName }) => AttributeName === attribute.AttributeName,
      );
      if (same && !isDeepStrictEqual(attribute, same))
        yield `${id}: the type of the key attribute ${attribute.AttributeName} changes, which replaces the table`;
    }
  }
}

function* refusedNames(before: Resources, after: Resources): Generator<string> {
  const names = (resources: Resources): ReadonlyMap<string, string> =>
    new Map(
      Object.entries(resources).flatMap(([id, { Type, Properties }]) => {
        const name = Properties?.[NAMED[Type] ?? ''];
        return name === undefined ? [] : [[`${Type} ${textOf(name)}`, id] as const];
      }),
    );
  const current = names(after);
  for (const [name, id] of names(before))
    if ((current.get(name) ?? id) !== id)
      yield `${name} moves from ${id} to ${current.get(name) ?? ''}. CloudFormation would create it while it exists`;
}

const namespaceOf = (resource: TemplateResource | undefined): string | undefined => {
  const { Variables = {} } = (resource?.Properties?.['Environment'] ?? {}) as {
    readonly Variables?: Readonly<Record<string, unknown>>;
  };
  const namespace = Variables[ENV.metricsNamespace];
  return namespace === undefined ? undefined : textOf(namespace);
};

function* renamedMetrics(before: Resources, after: Resources): Generator<string> {
  for (const [id, resource] of Object.entries(before)) {
    const [old, current] = [namespaceOf(resource), namespaceOf(after[id])];
    if (old !== undefined && current !== undefined && old !== current)
      yield `${id} writes its metrics to ${current} instead of ${old}. Alarms and dashboards would not find them`;
  }
}

function* removedOutputs(before: StackTemplate, after: StackTemplate): Generator<string> {
  for (const name of Object.keys(before.Outputs ?? {}))
    if (after.Outputs?.[name] === undefined) yield `The output ${name} is removed`;
}

/** Returns what an update of a stack from one template to the other loses, and what AWS would refuse. An empty list is a sound update. */
export function upgradeProblems(before: StackTemplate, after: StackTemplate): readonly string[] {
  const resources = [before.Resources, after.Resources] as const;
  return [
    ...lostResources(...resources),
    ...refusedIndexes(...resources),
    ...refusedNames(...resources),
    ...renamedMetrics(...resources),
    ...removedOutputs(before, after),
  ];
}
