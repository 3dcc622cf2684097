/** A stack of an earlier release can be updated to the current template, and the update loses nothing. */
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../pages/template.ts';
import { RELEASED, releaseTemplate, type StackTemplate } from '../upgrade/releases.ts';
import { KEPT, upgradeProblems } from '../upgrade/template-rules.ts';

const current = templateOf().toJSON() as StackTemplate;

describe.each(RELEASED)('a stack of version %s', (version) => {
  const released = releaseTemplate(version);

  it('can be updated to the current template without losing anything', () => {
    expect(upgradeProblems(released, current)).toEqual([]);
  });

  it('has a resource of each type that must be kept', () => {
    const types = new Set(Object.values(released.Resources).map(({ Type }) => Type));
    expect([...types]).toEqual(expect.arrayContaining(Object.keys(KEPT)));
  });
});

// oxlint-disable-next-line typescript/no-explicit-any -- each change edits another part of the template
type Editable = Record<string, any>;

/** Finds the id of the only resource that begins with `prefix` and has 8 hexadecimal digits after it. */
function idOf(template: Editable, prefix: string): string {
  const ids = Object.keys(template['Resources']).filter((id) =>
    new RegExp(`^${prefix}[0-9A-F]{8}$`).test(id),
  );
  if (ids.length !== 1 || !ids[0]) throw new Error(`${ids.length} resources ${prefix}`);
  return ids[0];
}

const resourceOf = (template: Editable, prefix: string): Editable =>
  template['Resources'][idOf(template, prefix)];

const setProperty =
  (prefix: string, name: string, value: unknown) =>
  (template: Editable): void => {
    resourceOf(template, prefix)['Properties'] ??= {};
    resourceOf(template, prefix)['Properties'][name] = value;
  };

/** Gives a resource another logical id, as a renamed construct does. */
const rename =
  (prefix: string) =>
  (template: Editable): void => {
    const id = idOf(template, prefix);
    template['Resources'][`${id}New`] = template['Resources'][id];
    delete template['Resources'][id];
  };

const index = (name: string): object => ({
  IndexName: name,
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  Projection: { ProjectionType: 'ALL' },
});

const indexes = (template: Editable): Editable[] =>
  resourceOf(template, 'IvyStoreTable')['Properties']['GlobalSecondaryIndexes'];

const MAPPING = 'IvyIngestFunctionSqsEventSourceIvyMailEventsIvySourceQueue4562DF0E';

const CHANGES: readonly (readonly [string, RegExp, (template: Editable) => void])[] = [
  ['renames the construct of the table', /IvyStoreTable\w+ .* every row/, rename('IvyStoreTable')],
  [
    'changes the key of the table',
    /IvyStoreTable\w+\.KeySchema/,
    setProperty('IvyStoreTable', 'KeySchema', []),
  ],
  ['names the table', /IvyStoreTable\w+\.TableName/, setProperty('IvyStoreTable', 'TableName', 'events')],
  [
    'replaces the stream',
    /IvyStoreTable\w+\.StreamSpecification/,
    setProperty('IvyStoreTable', 'StreamSpecification', { StreamViewType: 'NEW_AND_OLD_IMAGES' }),
  ],
  [
    'expires rows by another attribute',
    /IvyStoreTable\w+\.TimeToLiveSpecification/,
    setProperty('IvyStoreTable', 'TimeToLiveSpecification', { AttributeName: 'expires', Enabled: true }),
  ],
  [
    'changes the type of a key attribute',
    /type of the key attribute pk/,
    (template) => {
      resourceOf(template, 'IvyStoreTable')['Properties']['AttributeDefinitions'][0]['AttributeType'] = 'N';
    },
  ],
  [
    'projects one more attribute into an index',
    /projection of the index by_g1pk/,
    (template) => indexes(template)[0]?.['Projection']['NonKeyAttributes'].push('locale'),
  ],
  [
    'sorts an index by another attribute',
    /keys or the projection of the index by_g2pk/,
    (template) => {
      Object.assign(indexes(template)[1] ?? {}, { KeySchema: [] });
    },
  ],
  [
    'replaces an index',
    /creates or deletes the indexes by_g1pk and by_g3pk/,
    (template) => indexes(template).splice(0, 1, index('by_g3pk')),
  ],
  [
    'creates two indexes',
    /creates or deletes the indexes by_g3pk and by_g4pk/,
    (template) => indexes(template).push(index('by_g3pk'), index('by_g4pk')),
  ],
  [
    'deletes the table with the stack',
    /IvyStoreTable\w+ is no longer retained/,
    (template) => {
      resourceOf(template, 'IvyStoreTable')['DeletionPolicy'] = 'Delete';
    },
  ],
  ['renames the construct of the key', /IvySecretsKey\w+ .* webhook secret/, rename('IvySecretsKey')],
  [
    'makes the key asymmetric',
    /IvySecretsKey\w+\.KeySpec/,
    setProperty('IvySecretsKey', 'KeySpec', 'RSA_4096'),
  ],
  ['renames the construct of the queue', /IvySourceQueue\w+ .* waiting messages/, rename('IvySourceQueue')],
  ['names the queue', /IvySourceQueue\w+\.QueueName/, setProperty('IvySourceQueue', 'QueueName', 'events')],
  ['removes a dead-letter queue', /IvyTallyDeadLetters\w+ .* removed/, rename('IvyTallyDeadLetters')],
  ['renames the construct of the topic', /IvySourceTopic\w+ .* removed/, rename('IvySourceTopic')],
  ['names the topic of the alarms', /TopicName/, setProperty('IvyAlarmsTopic', 'TopicName', 'alarms')],
  [
    'renames the construct of the subscription',
    /AWS::SNS::Subscription\) is removed: this loses every event/,
    rename('IvySourceQueueIvyMailEventsIvySourceTopic5FB24108'),
  ],
  [
    'names the configuration set',
    /IvySourceConfigurationSet\w+\.Name/,
    setProperty('IvySourceConfigurationSet', 'Name', 'ivymail'),
  ],
  [
    'moves the event destination to another configuration set',
    /IvySourceDestination\w+\.ConfigurationSetName/,
    setProperty('IvySourceDestination', 'ConfigurationSetName', 'other'),
  ],
  [
    'makes Redeliver an Express state machine',
    /IvyDeliveryRedeliverMachine\w+\.StateMachineType/,
    setProperty('IvyDeliveryRedeliverMachine', 'StateMachineType', 'EXPRESS'),
  ],
  [
    'names a state machine',
    /IvyDeliveryDeliverMachine\w+\.StateMachineName/,
    setProperty('IvyDeliveryDeliverMachine', 'StateMachineName', 'deliver'),
  ],
  [
    'replaces the role of running executions',
    /IvyDeliveryRedeliverMachineRole\w+ .* running retries/,
    rename('IvyDeliveryRedeliverMachineRole'),
  ],
  [
    'replaces the function that running executions call',
    /IvyDeliveryDeliver\w+ .* running retries/,
    rename('IvyDeliveryDeliver'),
  ],
  ['gives an event source mapping a new id', /EventSourceMapping\) is removed/, rename(MAPPING)],
  [
    'reads the stream from another position',
    /IvyTallyFunctionStream\w+\.StartingPosition/,
    setProperty('IvyTallyFunctionStream', 'StartingPosition', 'LATEST'),
  ],
  ['renames the construct of the REST API', /RestApi\) is removed: this loses the URL/, rename('IvyApi')],
  [
    'renames the stage of the API',
    /IvyApiDeploymentStageprod\w+\.StageName/,
    setProperty('IvyApiDeploymentStageprod', 'StageName', 'v1'),
  ],
  [
    'gives the name of a log group to another log group',
    /AWS::Logs::LogGroup .* moves from IvyDeliveryDeliverMachineLogs\w+ to IvyDeliveryDeliverMachineLogs\w+New/,
    rename('IvyDeliveryDeliverMachineLogs'),
  ],
  [
    'gives the name of an alarm to another alarm',
    /AlarmsQueueDelayed\w+ to IvyAlarmsQueueDelayed\w+New/,
    rename('IvyAlarmsQueueDelayed'),
  ],
  [
    'renames the metrics namespace',
    /IvyDeliveryDeliver\w+ writes its metrics to IvyMail\/Mine instead of IvyMail\/\$\{AWS::StackName\}/,
    (template) => {
      const { Variables: variables } = resourceOf(template, 'IvyDeliveryDeliver')['Properties'][
        'Environment'
      ];
      variables['IVYMAIL_METRICS_NAMESPACE'] = 'IvyMail/Mine';
    },
  ],
  [
    'removes an output',
    /The output TopicArn is removed/,
    (template) => {
      delete template['Outputs']['TopicArn'];
    },
  ],
];

describe('an update is refused if it', () => {
  it.each(CHANGES)('%s', (_, problem, change) => {
    const changed = structuredClone(current) as Editable;
    change(changed);
    expect(upgradeProblems(current, changed as StackTemplate).join('\n')).toMatch(problem);
  });
});

describe('an update is accepted if it', () => {
  it.each<readonly [string, (template: Editable) => void]>([
    [
      'replaces an alarm by one with another name',
      (template) => {
        const id = idOf(template, 'IvyAlarmsQueueDelayed');
        rename('IvyAlarmsQueueDelayed')(template);
        template['Resources'][`${id}New`]['Properties']['AlarmName'] = 'QueueSlow';
      },
    ],
    ['creates one index', (template) => indexes(template).push(index('by_g3pk'))],
    ['deletes one index', (template) => indexes(template).pop()],
    ['adds an output', (template) => Object.assign(template['Outputs'], { More: { Value: 'more' } })],
    ['changes the memory of a function', setProperty('IvyDeliveryDeliver', 'MemorySize', 1024)],
  ])('%s', (_, change) => {
    const changed = structuredClone(current) as Editable;
    change(changed);
    expect(upgradeProblems(current, changed as StackTemplate)).toEqual([]);
  });
});
