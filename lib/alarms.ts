import { ArnFormat, Aws, Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC, type MetricName } from '../lambdas/core/metrics.ts';
import type { Delivery } from './delivery.ts';
import type { EventSource } from './event-source.ts';
import { deploymentMetric } from './metrics.ts';
import type { IvyMailAlarmName } from './props.ts';
import type { Settings } from './resolve-props.ts';
import type { RestApi } from './rest-api.ts';
import type { Tally } from './tally.ts';

const FIVE_MINUTES = Duration.minutes(5);
const QUARTER_HOUR = Duration.minutes(15);

export interface AlarmsProps {
  readonly source: EventSource;
  readonly delivery: Delivery;
  readonly tally: Tally;
  readonly api: RestApi;
  readonly options: Pick<Settings, 'name' | 'metricsNamespace' | 'alarmEmail' | 'alarmTopic'>;
}

interface AlarmSpec {
  readonly metric: cloudwatch.IMetric;
  /** One sentence that describes the problem. It is the text of the alarm. */
  readonly description: string;
  /** The section of docs/runbook.md that describes what to do. */
  readonly section: string;
  /** The alarm is raised at this value or above. Default: 1. */
  readonly atLeast?: number;
  /** `[2, 3]` raises the alarm if 2 of the last 3 periods reach the value. Default: 1 of 1. */
  readonly periods?: readonly [number, number];
}

/** The alarms and their topic. The text of each alarm names the section of the runbook that describes what to do. */
export class Alarms extends Construct {
  readonly topic: sns.ITopic;
  private readonly options: AlarmsProps['options'];
  private readonly action: SnsAction;
  private readonly created = new Map<IvyMailAlarmName, cloudwatch.Alarm>();

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { source, delivery, tally, api, options } = props;

    this.options = options;
    this.topic = options.alarmTopic ?? this.createTopic();
    if (options.alarmEmail !== undefined) this.subscribe(options.alarmEmail);
    this.action = new SnsAction(this.topic);

    this.alarmOnDeadLetters('IngestDeadLetters', source.deadLetters, 'SES events could not be stored');
    this.alarmOnDeadLetters(
      'SubscriptionDeadLetters',
      source.subscriptionDeadLetters,
      'SNS could not deliver SES events to the ingest queue',
    );
    this.alarmOnDeadLetters(
      'DispatchDeadLetters',
      delivery.dispatchDeadLetters,
      'Webhook deliveries of new events could not be started',
    );
    this.alarmOnDeadLetters(
      'DeliverDeadLetters',
      delivery.deliverDeadLetters,
      'Retries of failed webhooks could not be started',
    );
    this.alarmOnDeadLetters(
      'TallyDeadLetters',
      tally.deadLetters,
      'New events are missing from the statistics',
    );

    this.alarm('QueueDelayed', {
      metric: source.queue.metricApproximateAgeOfOldestMessage({
        period: FIVE_MINUTES,
        statistic: 'Maximum',
      }),
      description: 'The oldest SES event in the queue has waited for more than 5 minutes to be stored',
      section: 'queue-delayed',
      atLeast: Duration.minutes(5).toSeconds(),
    });
    this.alarm('DispatchDelayed', {
      metric: delivery.dispatch.metric('IteratorAge', { period: FIVE_MINUTES, statistic: 'Maximum' }),
      description: 'New events have waited for more than 5 minutes for their webhook deliveries to start',
      section: 'dispatch-delayed',
      atLeast: FIVE_MINUTES.toMilliseconds(),
    });

    this.alarm('TallyDelayed', {
      metric: tally.function.metric('IteratorAge', { period: FIVE_MINUTES, statistic: 'Maximum' }),
      description: 'New events have waited for more than 15 minutes to be counted in the statistics',
      section: 'tally-delayed',
      atLeast: Duration.minutes(15).toMilliseconds(),
    });

    // The caller retries a single failure, so these alarms need two periods of three. The functions that are called by a
    // queue, by the stream or by Recover have other alarms: on the age of waiting events, or on failed executions.
    this.alarm('DeliverErrors', {
      metric: delivery.deliver.metricErrors({ period: FIVE_MINUTES }),
      description: 'The deliver function fails repeatedly',
      section: 'function-errors',
      periods: [2, 3],
    });
    // This metric of API Gateway includes 503 responses of the function, which Lambda does not count as errors, and errors of
    // the authorizer.
    this.alarm('ApiErrors', {
      metric: api.api.metricServerError({ period: FIVE_MINUTES }),
      description: 'The API repeatedly responds with a 5xx status',
      section: 'function-errors',
      periods: [2, 3],
    });

    // Lambda counts the throttles of all functions of the account in one metric. The functions of the account share its
    // concurrency, so a throttle of any function can be the first sign. An alarm over the seven functions would cost seven times
    // as much (docs/adr/0028-few-concurrent-executions.md).
    this.alarm('FunctionsThrottled', {
      metric: lambda.Function.metricAllThrottles({ period: FIVE_MINUTES }),
      description: 'Lambda repeatedly throttled functions of this account',
      section: 'functions-throttled',
      periods: [2, 3],
    });

    this.alarmOnFailedExecutions(
      'DeliverMachineFailed',
      delivery.deliverMachine.metricFailed({ period: FIVE_MINUTES }),
    );
    this.alarmOnFailedExecutions(
      'DeliverMachineTimedOut',
      delivery.deliverMachine.metricTimedOut({ period: FIVE_MINUTES }),
    );
    // Redeliver and Recover have no time limit, so they cannot time out.
    this.alarmOnFailedExecutions(
      'RedeliverMachineFailed',
      delivery.redeliverMachine.metricFailed({ period: FIVE_MINUTES }),
    );
    this.alarmOnFailedExecutions(
      'RecoverMachineFailed',
      delivery.recoverMachine.metricFailed({ period: FIVE_MINUTES }),
    );

    this.alarmOnCount(METRIC.endpointsFailing, 'A webhook endpoint is failing', 'endpoint-failing');
    this.alarmOnCount(METRIC.endpointsDisabled, 'A webhook endpoint was disabled', 'endpoint-disabled');
    this.alarmOnCount(
      METRIC.deliveriesExhausted,
      'A webhook was not delivered, and its last retry has failed',
      'exhausted',
    );
    this.alarmOnCount(
      METRIC.deliveriesInternal,
      'A delivery ended because of an internal error, or a write after an attempt failed',
      'internal',
    );
    this.alarmOnCount(
      METRIC.recordsUncounted,
      'A row could not be counted in the statistics, or the reputation guard could not check a workspace',
      'uncounted',
    );
    this.alarmOnCount(
      METRIC.messagesQuarantined,
      'A message could not be stored as an SES event and was quarantined',
      'quarantine',
    );
    this.alarmOnCount(
      METRIC.unknownWorkspaceTags,
      'An email has the tag of a workspace that does not exist',
      'unknown-workspace',
    );

    this.alarmOnReputation(
      'BounceRate',
      0.05,
      'The bounce rate is 5 % or more. SES reviews an account at 5 % and can pause its sending at 10 %',
    );
    this.alarmOnReputation(
      'ComplaintRate',
      0.001,
      'The complaint rate is 0.1 % or more. SES reviews an account at 0.1 % and can pause its sending at 0.5 %',
    );
    this.alarmIfStalled();
    this.alarmIfNoData(source.queue);
  }

  /** Every alarm by its name. */
  get alarms(): Readonly<Record<IvyMailAlarmName, cloudwatch.Alarm>> {
    return Object.fromEntries(this.created) as Record<IvyMailAlarmName, cloudwatch.Alarm>;
  }

  private subscribe(alarmEmail: string): void {
    // Several constructs can share a topic of the app and an address. The CDK refuses a second subscription of the same address.
    if (Token.isUnresolved(alarmEmail) || this.topic.node.tryFindChild(alarmEmail) === undefined)
      this.topic.addSubscription(new EmailSubscription(alarmEmail));
  }

  private createTopic(): sns.Topic {
    const topic = new sns.Topic(this, 'Topic', { displayName: 'IvyMail Events alarms', enforceSSL: true });
    allowOnlyAlarms(topic);
    return topic;
  }

  private alarmOnDeadLetters(id: IvyMailAlarmName, queue: sqs.Queue, description: string): void {
    this.alarm(id, {
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: FIVE_MINUTES, statistic: 'Maximum' }),
      description,
      section: 'dead-letters',
    });
  }

  private alarmOnFailedExecutions(id: IvyMailAlarmName, metric: cloudwatch.IMetric): void {
    this.alarm(id, {
      metric,
      description: 'An execution of a delivery or of a recovery failed before it was complete',
      section: 'failed-executions',
    });
  }

  private alarmOnCount(
    metricName: MetricName & IvyMailAlarmName,
    description: string,
    section: string,
  ): void {
    this.alarm(metricName, {
      metric: deploymentMetric(this.options.metricsNamespace, metricName),
      description,
      section,
    });
  }

  private alarmOnReputation(
    rate: 'BounceRate' | 'ComplaintRate',
    atLeast: number,
    description: string,
  ): void {
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
   * Raises an alarm if events are stored but dispatch is not called. Lambda only reports the age of waiting records when it
   * calls the function. Without this alarm, a stopped event source mapping would raise no alarm.
   *
   * The alarm is on one metric to which both functions publish. A metric expression over both functions would depend on the
   * invocations of dispatch. Lambda publishes no data point of them while dispatch is not called, and AWS does not document what
   * `FILL` returns for a metric without a data point
   * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
   */
  private alarmIfStalled(): void {
    this.alarm('DispatchStopped', {
      metric: deploymentMetric(this.options.metricsNamespace, METRIC.dispatchStalled, {
        period: QUARTER_HOUR,
        statistic: 'Minimum',
      }),
      description: 'Events were stored, but the dispatch function was not called for 30 minutes',
      section: 'dispatch-stopped',
      periods: [2, 2],
    });
  }

  /**
   * Raises an alarm if SES sends email but no event arrives: the event destination is disabled, or the email is sent without
   * the configuration set.
   *
   * SES counts the email of the whole account, so email that is not meant to be tracked can cause a false alarm. One of the
   * two metrics can be a minute ahead, so a single period of 15 minutes proves nothing.
   *
   * Both metrics have data points when they matter. Without a sent email there is no alarm. SQS reports the deleted messages of an
   * active queue even if there are none, and Lambda keeps the queue active by polling it
   * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
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
        label: 'Email sent, no event ingested',
      }),
      description: 'SES sent email, but no SES event has arrived for 30 minutes',
      section: 'nothing-ingested',
      periods: [2, 2],
    });
  }

  private alarm(id: IvyMailAlarmName, spec: AlarmSpec): void {
    const { metric, description, section, atLeast = 1, periods = [1, 1] } = spec;
    const alarm = new cloudwatch.Alarm(this, id, {
      alarmName: `${this.options.name}-${id}`,
      alarmDescription: `${description}. What to do: docs/runbook.md#${section}`,
      metric,
      threshold: atLeast,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: periods[0],
      evaluationPeriods: periods[1],
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(this.action);
    this.created.set(id, alarm);
  }
}

/** Allows the alarms of this account to publish to the topic. The dispatch function is allowed by its own role. */
function allowOnlyAlarms(topic: sns.Topic): void {
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'AlarmsOfThisAccount',
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: {
          'aws:SourceArn': Stack.of(topic).formatArn({
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
