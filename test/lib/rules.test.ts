/** Rules for every resource of a type, so that they also apply to resources that are added later. */
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

  it.each(queues.filter(([id]) => id.includes('DeadLetters')))('for dead letters has an alarm: %s', (id) => {
    expect(alarmsOn('ApproximateNumberOfMessagesVisible', 'QueueName', id)).toBe(1);
  });

  it.each(queues)('is encrypted and keeps its messages for 14 days: %s', (_id, queue) => {
    expect(queue.Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
  });

  it.each([...queues, ...resourcesOf(template, 'AWS::SNS::Topic')])(
    'and every topic refuses requests without TLS: %s',
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
  it.each(functions)('runs on Node 24 and ARM, and logs JSON: %s', (_id, fn) => {
    expect(fn.Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
    });
  });

  it('has its own log group and its own role', () => {
    const owned = functions.map(([, { Properties }]) => [
      textOf((Properties['LoggingConfig'] as { LogGroup: unknown }).LogGroup),
      textOf(Properties['Role']),
    ]);

    expect(new Set(owned.flat()).size).toBe(functions.length * 2);
  });

  /** Counts the alarms that are raised if a function always fails, for each of its callers. */
  function failureAlarms(id: string): Record<string, number> {
    const refersToFunction = (text: string): boolean => text.includes(`\${${id}`);
    const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping')
      .filter(([, { Properties }]) => refersToFunction(textOf(Properties['FunctionName'])))
      .map(([, { Properties }]) => textOf(Properties['EventSourceArn']).replace(/^\$\{(\w+)\..*$/, '$1'));
    const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine').filter(([, { Properties }]) =>
      [...Object.values(Properties['DefinitionSubstitutions'] ?? {}), Properties['DefinitionString']].some(
        (value) => refersToFunction(textOf(value)),
      ),
    );
    const gateway = resourcesOf(template, 'AWS::Lambda::Permission').filter(
      ([, { Properties }]) =>
        Properties['Principal'] === 'apigateway.amazonaws.com' &&
        refersToFunction(textOf(Properties['FunctionName'])),
    );
    return Object.fromEntries([
      ...mappings.map((source) => [
        `records wait in ${source}`,
        alarmsOn('ApproximateAgeOfOldestMessage', 'QueueName', source) +
          alarmsOn('IteratorAge', 'FunctionName', id),
      ]),
      ...machines.map(([machine]) => [
        `executions of ${machine} fail`,
        alarmsOn('ExecutionsFailed', 'StateMachineArn', machine),
      ]),
      ...gateway.map(() => ['the API responds with 5xx', alarmsOn('5XXError', 'ApiName', 'AWS::StackName')]),
    ]);
  }

  it.each(functions)('that always fails raises exactly one alarm for each caller: %s', (id) => {
    const alarmCounts = failureAlarms(id);
    expect(Object.keys(alarmCounts).length).toBeGreaterThan(0);
    expect(Object.entries(alarmCounts).filter(([, count]) => count !== 1)).toEqual([]);
  });
});

describe('every log group', () => {
  it.each(resourcesOf(template, 'AWS::Logs::LogGroup'))(
    'deletes its lines after a month: %s',
    (_id, group) => {
      expect(group.Properties['RetentionInDays']).toBe(30);
    },
  );
});

describe('every role', () => {
  it.each(resourcesOf(template, 'AWS::IAM::Role'))('has no managed policy: %s', (_id, role) => {
    expect(role.Properties['ManagedPolicyArns']).toBeUndefined();
  });
});

describe('every alarm', () => {
  it.each(alarms)(
    'notifies the alarm topic, and its text names the section of the runbook: %s',
    (_id, { Properties }) => {
      expect((Properties['AlarmActions'] as unknown[]).map(textOf)).toEqual([
        expect.stringMatching(/^\$\{IvyAlarmsTopic/),
      ]);
      expect(Properties['AlarmDescription']).toMatch(/\. What to do: docs\/runbook\.md#[a-z-]+$/);
      expect(Properties['TreatMissingData']).toBe('notBreaching');
    },
  );
});
