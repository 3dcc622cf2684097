import { describe, expect, it } from 'vitest';
import { resource, resourcesOf, templateOf } from '../../pages/template.ts';

const template = templateOf();
const alarm = (name: string): Record<string, unknown> =>
  resource(template, 'AWS::CloudWatch::Alarm', `IvyAlarms${name}`).Properties;

describe('an alarm is raised', () => {
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
  ])('%s: if %s is at least %d', (name, metric, threshold) => {
    expect(alarm(name)).toMatchObject({
      MetricName: metric,
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it.each([
    ['DeliverErrors', 'Errors'],
    ['ApiErrors', '5XXError'],
    ['FunctionsThrottled', 'Throttles'],
  ])('%s: after repeated failures, not after a single failure', (name, metric) => {
    expect(alarm(name)).toMatchObject({
      MetricName: metric,
      Threshold: 1,
      DatapointsToAlarm: 2,
      EvaluationPeriods: 3,
      Period: 300,
    });
  });

  it('if Lambda throttles any function of the account, because all functions share its concurrency', () => {
    expect(alarm('FunctionsThrottled')).toMatchObject({ Namespace: 'AWS/Lambda', Statistic: 'Sum' });
    expect(alarm('FunctionsThrottled')).not.toHaveProperty('Dimensions');
  });

  it('if SES sends email and no event is ingested for two periods of 15 minutes', () => {
    const [expression, ...metrics] = alarm('NothingIngested')['Metrics'] as {
      Expression?: string;
      MetricStat?: { Metric: { Namespace: string; MetricName: string }; Period: number; Stat: string };
    }[];

    expect(expression?.Expression).toBe('IF(FILL(sent, 0) > 0 AND FILL(stored, 0) == 0, 1, 0)');
    expect(
      metrics.map(({ MetricStat: stat }) => [stat?.Metric.MetricName, stat?.Stat, stat?.Period]),
    ).toEqual([
      ['Send', 'Sum', 900],
      ['NumberOfMessagesDeleted', 'Sum', 900],
    ]);
    expect(alarm('NothingIngested')).toMatchObject({ DatapointsToAlarm: 2, EvaluationPeriods: 2 });
  });

  it('if events are stored but dispatch is not called, which the iterator age does not show', () => {
    // Ingest publishes 1 and dispatch 0, so no assumption about a metric without a data point is needed.
    expect(alarm('DispatchStopped')).toMatchObject({
      MetricName: 'DispatchStalled',
      Statistic: 'Minimum',
      Period: 900,
      Threshold: 1,
      DatapointsToAlarm: 2,
      EvaluationPeriods: 2,
      TreatMissingData: 'notBreaching',
    });
    expect(alarm('DispatchStopped')).not.toHaveProperty('Metrics');
  });

  it('only for the metrics of its own stack', () => {
    const namespace = { 'Fn::Join': ['', ['IvyMail/', { Ref: 'AWS::StackName' }]] };
    expect(alarm('MessagesQuarantined')['Namespace']).toEqual(namespace);
    for (const id of ['IvyIngestFunction', 'IvyDeliveryDispatch', 'IvyDeliveryDeliver', 'IvyTallyFunction'])
      expect(resource(template, 'AWS::Lambda::Function', id).Properties['Environment']).toMatchObject({
        Variables: { IVYMAIL_METRICS_NAMESPACE: namespace },
      });
  });

  it('has the same alarms with the option allowInsecureEndpoints', () => {
    const alarmIds = (of: typeof template): string[] =>
      resourcesOf(of, 'AWS::CloudWatch::Alarm').map(([id]) => id);
    expect(alarmIds(templateOf({ allowInsecureEndpoints: true }))).toEqual(alarmIds(template));
  });
});

describe('the alarm topic', () => {
  it('sends email only with the option alarmEmail', () => {
    const emailSubscriptions = (of: typeof template): unknown[] =>
      resourcesOf(of, 'AWS::SNS::Subscription').filter(
        ([, { Properties }]) => Properties['Protocol'] === 'email',
      );

    expect(emailSubscriptions(template)).toEqual([]);
    expect(emailSubscriptions(templateOf({ alarmEmail: 'ops@example.com' }))).toHaveLength(1);
  });
});
