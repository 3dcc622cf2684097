import { describe, expect, it } from 'vitest';
import { resource, resourcesOf, templateOf } from './template.ts';

const template = templateOf();
const alarm = (name: string): Record<string, unknown> =>
  resource(template, 'AWS::CloudWatch::Alarm', `IvyAlarms${name}`).Properties;

describe('an alarm rings', () => {
  it.each([
    ['QueueDelayed', 'ApproximateAgeOfOldestMessage', 300],
    ['DispatchDelayed', 'IteratorAge', 300_000],
    ['TallyDelayed', 'IteratorAge', 900_000],
    ['EndpointsFailing', 'EndpointsFailing', 1],
    ['EndpointsDisabled', 'EndpointsDisabled', 1],
    ['RecordsUncounted', 'RecordsUncounted', 1],
    ['RecoverMachineFailed', 'ExecutionsFailed', 1],
    ['DeliveriesExhausted', 'DeliveriesExhausted', 1],
    ['DeliveriesInternal', 'DeliveriesInternal', 1],
    ['MessagesQuarantined', 'MessagesQuarantined', 1],
    ['UnknownWorkspaceTags', 'UnknownWorkspaceTags', 1],
    ['DeliverMachineFailed', 'ExecutionsFailed', 1],
    ['DeliverMachineTimedOut', 'ExecutionsTimedOut', 1],
    ['RedeliverMachineFailed', 'ExecutionsFailed', 1],
    ['SesBounceRate', 'Reputation.BounceRate', 0.05],
    ['SesComplaintRate', 'Reputation.ComplaintRate', 0.001],
  ])('%s: when %s is at least %d', (name, metric, threshold) => {
    expect(alarm(name)).toMatchObject({
      MetricName: metric,
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it.each([
    ['DeliverErrors', 'Errors'],
    ['ApiErrors', '5XXError'],
  ])('%s: when it keeps failing, not when one call did', (name, metric) => {
    expect(alarm(name)).toMatchObject({
      MetricName: metric,
      Threshold: 1,
      DatapointsToAlarm: 2,
      EvaluationPeriods: 3,
      Period: 300,
    });
  });

  it('when SES counts mail and half an hour brings no event of it', () => {
    const [expression, ...metrics] = alarm('NothingIngested')['Metrics'] as {
      Expression?: string;
      MetricStat?: { Metric: { Namespace: string; MetricName: string }; Period: number; Stat: string };
    }[];

    expect(expression?.Expression).toBe('IF(FILL(sent, 0) > 0 AND FILL(stored, 0) == 0, 1, 0)');
    expect(
      metrics.map(({ MetricStat: stat }) => [stat?.Metric.MetricName, stat?.Stat, stat?.Period]),
    ).toEqual([
      ['Send', 'Sum', 1800],
      ['NumberOfMessagesDeleted', 'Sum', 1800],
    ]);
  });

  it('never for a count that the local run’s SES does not keep', () => {
    const local = templateOf({ allowInsecureEndpoints: true });

    expect(resourcesOf(local, 'AWS::CloudWatch::Alarm').map(([id]) => id)).toEqual(
      resourcesOf(template, 'AWS::CloudWatch::Alarm')
        .map(([id]) => id)
        .filter((id) => !id.includes('NothingIngested')),
    );
  });
});

describe('the alarm topic', () => {
  it('mails to nobody unless told to', () => {
    const mailed = (of: typeof template): unknown[] =>
      resourcesOf(of, 'AWS::SNS::Subscription').filter(
        ([, { Properties }]) => Properties['Protocol'] === 'email',
      );

    expect(mailed(template)).toEqual([]);
    expect(mailed(templateOf({ alarmEmail: 'ops@example.com' }))).toHaveLength(1);
  });
});
