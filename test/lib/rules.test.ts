/** What must hold for every resource of its kind, those of later versions too. */
import { describe, expect, it } from 'vitest';
import { resourcesOf, statementsOf, templateOf, textOf } from '../../pages/template.ts';

const template = templateOf();
const queues = resourcesOf(template, 'AWS::SQS::Queue');
const functions = resourcesOf(template, 'AWS::Lambda::Function');
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');

interface Dimension {
  readonly Name: string;
  readonly Value: unknown;
}

function alarmsOn(metric: string, dimension: string, id: string): number {
  return alarms.filter(
    ([, { Properties }]) =>
      Properties['MetricName'] === metric &&
      ((Properties['Dimensions'] ?? []) as Dimension[]).some(
        ({ Name, Value }) => Name === dimension && textOf(Value).includes(id),
      ),
  ).length;
}

describe('every queue', () => {
  it.each(queues)('has a dead-letter queue or is one: %s', (id, queue) => {
    expect(queue.Properties['RedrivePolicy'] !== undefined || id.includes('DeadLetters')).toBe(true);
  });

  it.each(queues.filter(([id]) => id.includes('DeadLetters')))(
    'that holds dead letters has an alarm: %s',
    (id) => {
      expect(alarmsOn('ApproximateNumberOfMessagesVisible', 'QueueName', id)).toBe(1);
    },
  );

  it.each(queues)('is encrypted and keeps its messages for two weeks: %s', (_id, queue) => {
    expect(queue.Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
  });

  it.each([...queues, ...resourcesOf(template, 'AWS::SNS::Topic')])(
    'and topic refuses what is not TLS: %s',
    (id) => {
      const policies = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
        resourcesOf(template, type).flatMap(([, policy]) => statementsOf(policy)),
      );

      expect(
        policies.filter(
          ({ Effect, Principal, Condition, Resource }) =>
            Effect === 'Deny' &&
            textOf(Resource).includes(`\${${id}`) &&
            ['"*"', '{"AWS":"*"}'].includes(JSON.stringify(Principal)) &&
            JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
        ),
      ).toHaveLength(1);
    },
  );
});

describe('every function', () => {
  it.each(functions)('runs on Node 24, ARM, and logs as JSON: %s', (_id, fn) => {
    expect(fn.Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
    });
  });

  it('has a log group and a role of its own', () => {
    const owned = functions.map(([, { Properties }]) => [
      textOf((Properties['LoggingConfig'] as { LogGroup: unknown }).LogGroup),
      textOf(Properties['Role']),
    ]);

    expect(new Set(owned.flat()).size).toBe(functions.length * 2);
  });

  /** Who calls a function, and the alarm that rings while it only fails. */
  function alarmsOnFailure(id: string): Record<string, number> {
    const called = (text: string): boolean => text.includes(`\${${id}`);
    const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping')
      .filter(([, { Properties }]) => called(textOf(Properties['FunctionName'])))
      .map(([, { Properties }]) => textOf(Properties['EventSourceArn']).replace(/^\$\{(\w+)\..*$/, '$1'));
    const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine').filter(([, { Properties }]) =>
      [...Object.values(Properties['DefinitionSubstitutions'] ?? {}), Properties['DefinitionString']].some(
        (value) => called(textOf(value)),
      ),
    );
    const gateway = resourcesOf(template, 'AWS::Lambda::Permission').filter(
      ([, { Properties }]) =>
        Properties['Principal'] === 'apigateway.amazonaws.com' && called(textOf(Properties['FunctionName'])),
    );
    return Object.fromEntries([
      ...mappings.map((source) => [
        `waits in ${source}`,
        alarmsOn('ApproximateAgeOfOldestMessage', 'QueueName', source) +
          alarmsOn('IteratorAge', 'FunctionName', id),
      ]),
      ...machines.map(([machine]) => [
        `stops ${machine}`,
        alarmsOn('ExecutionsFailed', 'StateMachineArn', machine),
      ]),
      ...gateway.map(() => ['answers 5xx', alarmsOn('5XXError', 'ApiName', 'AWS::StackName')]),
    ]);
  }

  it.each(functions)('that only fails rings an alarm of what calls it: %s', (id) => {
    const alarmed = alarmsOnFailure(id);
    expect(Object.keys(alarmed).length).toBeGreaterThan(0);
    expect(Object.entries(alarmed).filter(([, count]) => count !== 1)).toEqual([]);
  });
});

describe('every log group', () => {
  it.each(resourcesOf(template, 'AWS::Logs::LogGroup'))('forgets after a month: %s', (_id, group) => {
    expect(group.Properties['RetentionInDays']).toBe(30);
  });
});

describe('every role', () => {
  it.each(resourcesOf(template, 'AWS::IAM::Role'))('has no managed policy: %s', (_id, role) => {
    expect(role.Properties['ManagedPolicyArns']).toBeUndefined();
  });
});

describe('every alarm', () => {
  it.each(alarms)('tells the alarm topic, and the reader what to do: %s', (_id, { Properties }) => {
    expect((Properties['AlarmActions'] as unknown[]).map(textOf)).toEqual([
      expect.stringMatching(/^\$\{IvyAlarmsTopic/),
    ]);
    expect(Properties['AlarmDescription']).toMatch(/\. What to do: docs\/runbook\.md#[a-z-]+$/);
    expect(Properties['TreatMissingData']).toBe('notBreaching');
  });
});
