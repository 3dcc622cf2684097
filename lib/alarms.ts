import { ArnFormat, Aws, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC, type MetricName } from '../lambdas/core/metrics.ts';
import type { Delivery } from './delivery.ts';
import type { EventSource } from './event-source.ts';
import { METRICS_NAMESPACE } from './ivy-function.ts';
import type { RestApi } from './rest-api.ts';
import type { Tally } from './tally.ts';

const FIVE_MINUTES = Duration.minutes(5);
const QUARTER_HOUR = Duration.minutes(15);

export interface AlarmsProps {
  readonly source: EventSource;
  readonly delivery: Delivery;
  readonly tally: Tally;
  readonly api: RestApi;
  readonly email?: string | undefined;
  /** True in the local run: the alarms that compare two metrics are omitted, because the emulator refuses them. */
  readonly emulated: boolean;
}

interface AlarmSpec {
  readonly metric: cloudwatch.IMetric;
  /** One sentence: what is wrong when it rings. */
  readonly description: string;
  /** Section of docs/runbook.md. */
  readonly section: string;
  /** Rings at this value and above; 1 by default. */
  readonly atLeast?: number;
  /** How many of the last periods, `[2, 3]`: two of three. One of one by default. */
  readonly periods?: readonly [number, number];
}

/** Everything an operator is told, and where to. Each alarm names the section of the runbook that says what to do. */
export class Alarms extends Construct {
  readonly topic: sns.Topic;
  private readonly action: SnsAction;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { source, delivery, tally, api } = props;

    this.topic = new sns.Topic(this, 'Topic', { displayName: 'IvyMail Events alarms', enforceSSL: true });
    this.allowOnlyAlarms();
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
    this.action = new SnsAction(this.topic);

    this.onDeadLetters('IngestDeadLetters', source.deadLetters, 'SES events could not be stored');
    this.onDeadLetters(
      'SubscriptionDeadLetters',
      source.subscriptionDeadLetters,
      'SES events could not reach the queue',
    );
    this.onDeadLetters('DispatchDeadLetters', delivery.dispatchDeadLetters, 'New events made no webhooks');
    this.onDeadLetters('DeliverDeadLetters', delivery.deliverDeadLetters, 'Webhooks were not retried');
    this.onDeadLetters('TallyDeadLetters', tally.deadLetters, 'New events were not counted');

    this.alarm('QueueDelayed', {
      metric: source.queue.metricApproximateAgeOfOldestMessage({
        period: FIVE_MINUTES,
        statistic: 'Maximum',
      }),
      description: 'The oldest SES event has waited in the queue for more than 5 minutes',
      section: 'queue-delayed',
      atLeast: Duration.minutes(5).toSeconds(),
    });
    this.alarm('DispatchDelayed', {
      metric: delivery.dispatch.metric('IteratorAge', { period: FIVE_MINUTES, statistic: 'Maximum' }),
      description: 'New events have waited for their webhooks for more than 5 minutes',
      section: 'dispatch-delayed',
      atLeast: FIVE_MINUTES.toMilliseconds(),
    });

    this.alarm('TallyDelayed', {
      metric: tally.function.metric('IteratorAge', { period: FIVE_MINUTES, statistic: 'Maximum' }),
      description: 'New events have waited to be counted for more than 15 minutes',
      section: 'tally-delayed',
      atLeast: Duration.minutes(15).toMilliseconds(),
    });

    // One failure is tried again by whoever called; two periods of three say that it does not pass by itself. The functions that
    // a queue, the stream or Recover calls need no such alarm: theirs are those of what waits before them, or stops.
    this.alarm('DeliverErrors', {
      metric: delivery.deliver.metricErrors({ period: FIVE_MINUTES }),
      description: 'The deliver function keeps failing',
      section: 'function-errors',
      periods: [2, 3],
    });
    // Also where the function itself answered 503, or the authorizer failed: Lambda counts no error then, or another one's.
    this.alarm('ApiErrors', {
      metric: api.api.metricServerError({ period: FIVE_MINUTES }),
      description: 'The API keeps answering 5xx',
      section: 'function-errors',
      periods: [2, 3],
    });

    this.onStopped('DeliverMachineFailed', delivery.deliverMachine.metricFailed({ period: FIVE_MINUTES }));
    this.onStopped(
      'DeliverMachineTimedOut',
      delivery.deliverMachine.metricTimedOut({ period: FIVE_MINUTES }),
    );
    // Redeliver has no limit of time to exceed.
    this.onStopped(
      'RedeliverMachineFailed',
      delivery.redeliverMachine.metricFailed({ period: FIVE_MINUTES }),
    );
    this.onStopped('RecoverMachineFailed', delivery.recoverMachine.metricFailed({ period: FIVE_MINUTES }));

    this.onCount(METRIC.endpointsFailing, 'A webhook endpoint is failing', 'endpoint-failing');
    this.onCount(METRIC.endpointsDisabled, 'A webhook endpoint was disabled', 'endpoint-disabled');
    this.onCount(METRIC.deliveriesExhausted, 'A webhook was given up after its last retry', 'exhausted');
    this.onCount(METRIC.deliveriesInternal, 'A delivery ended by a fault of our own', 'internal');
    this.onCount(METRIC.recordsUncounted, 'A row could not be counted', 'uncounted');
    this.onCount(METRIC.messagesQuarantined, 'A message could not be read as an SES event', 'quarantine');
    this.onCount(
      METRIC.unknownWorkspaceTags,
      'Mail was tagged with a workspace that does not exist',
      'unknown-workspace',
    );

    this.onReputation('BounceRate', 0.05, 'SES reviews an account at 5 %, and may pause it at 10 %');
    this.onReputation('ComplaintRate', 0.001, 'SES reviews an account at 0.1 %, and may pause it at 0.5 %');
    if (!props.emulated) {
      this.alarmIfStalled(source.queue, delivery.dispatch);
      this.alarmIfNoData(source.queue);
    }
  }

  private onDeadLetters(id: string, queue: sqs.Queue, description: string): void {
    this.alarm(id, {
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: FIVE_MINUTES, statistic: 'Maximum' }),
      description,
      section: 'dead-letters',
    });
  }

  private onStopped(id: string, metric: cloudwatch.IMetric): void {
    this.alarm(id, { metric, description: 'A delivery stopped midway', section: 'failed-executions' });
  }

  private onCount(metricName: MetricName, description: string, section: string): void {
    this.alarm(metricName, {
      metric: new cloudwatch.Metric({
        namespace: METRICS_NAMESPACE,
        metricName,
        period: FIVE_MINUTES,
        statistic: 'Sum',
      }),
      description,
      section,
    });
  }

  private onReputation(rate: 'BounceRate' | 'ComplaintRate', atLeast: number, description: string): void {
    this.alarm(`Ses${rate}`, {
      metric: new cloudwatch.Metric({
        namespace: 'AWS/SES',
        metricName: `Reputation.${rate}`,
        period: Duration.hours(1),
        statistic: 'Maximum',
      }),
      description,
      section: 'reputation',
      atLeast,
    });
  }

  /**
   * Lambda tells the age of what waits only when it calls the function: where it calls it no more, nothing else would ring.
   * A message leaves the queue once it is stored. What is quarantined is no new event: nothing but that can ring it too.
   */
  private alarmIfStalled(queue: sqs.Queue, dispatch: lambda.IFunction): void {
    this.alarm('DispatchStopped', {
      metric: new cloudwatch.MathExpression({
        expression: 'IF(FILL(stored, 0) > 0 AND FILL(dispatched, 0) == 0, 1, 0)',
        usingMetrics: {
          stored: queue.metricNumberOfMessagesDeleted(),
          dispatched: dispatch.metricInvocations(),
        },
        period: QUARTER_HOUR,
        label: 'Events stored, none dispatched',
      }),
      description: 'Events were stored, but none has been dispatched for 30 minutes',
      section: 'dispatch-stopped',
      periods: [2, 2],
    });
  }

  /**
   * Mail goes out, and nothing comes back: the destination was switched off, or the mail is sent without the set.
   * SES counts an account's mail only as a whole, so mail that is meant to be untracked can ring it too. One count may come a
   * minute before the other, so a single quarter of an hour says nothing.
   */
  private alarmIfNoData(queue: sqs.Queue): void {
    this.alarm('NothingIngested', {
      metric: new cloudwatch.MathExpression({
        expression: 'IF(FILL(sent, 0) > 0 AND FILL(stored, 0) == 0, 1, 0)',
        usingMetrics: {
          sent: new cloudwatch.Metric({ namespace: 'AWS/SES', metricName: 'Send', statistic: 'Sum' }),
          stored: queue.metricNumberOfMessagesDeleted(),
        },
        period: QUARTER_HOUR,
        label: 'Mail sent, nothing ingested',
      }),
      description: 'SES sent mail, but no event of it has arrived for 30 minutes',
      section: 'nothing-ingested',
      periods: [2, 2],
    });
  }

  private alarm(id: string, spec: AlarmSpec): void {
    const { metric, description, section, atLeast = 1, periods = [1, 1] } = spec;
    const alarm = new cloudwatch.Alarm(this, id, {
      alarmName: `${Aws.STACK_NAME}-${id}`,
      alarmDescription: `${description}. What to do: docs/runbook.md#${section}`,
      metric,
      threshold: atLeast,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: periods[0],
      evaluationPeriods: periods[1],
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(this.action);
  }

  private allowOnlyAlarms(): void {
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'cloudwatch',
              resource: 'alarm',
              resourceName: '*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
  }
}
