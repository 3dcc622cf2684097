import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as ses from 'aws-cdk-lib/aws-ses';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { METRIC, type MetricName } from '../lambdas/core/metrics.ts';
import { acknowledge } from './acknowledgements.ts';
import { Alarms } from './alarms.ts';
import { attachConfigurationSet } from './attach.ts';
import { Delivery } from './delivery.ts';
import { addDeploymentOutput } from './deployment-output.ts';
import { EventSource } from './event-source.ts';
import { EventTable } from './event-table.ts';
import { Ingest } from './ingest.ts';
import { deploymentMetric } from './metrics.ts';
import { claimName } from './names.ts';
import type {
  IvyMailAlarmName,
  IvyMailEventsProps,
  IvyMailFunctions,
  IvyMailQueues,
  IvyMailStateMachines,
} from './props.ts';
import { resolveProps, type Settings } from './resolve-props.ts';
import { RestApi } from './rest-api.ts';
import { SecretsKey } from './secrets-key.ts';
import { requireSesRegion } from './ses-regions.ts';
import { Tally } from './tally.ts';

/**
 * The complete pipeline: SES → queue → table → signed webhooks, and the API.
 *
 * ```ts
 * const mail = new IvyMailEvents(this, 'Mail', { retentionDays: 30 });
 * mail.grantSend(myFunction);
 * ```
 *
 * An app, an account and a region can contain any number of these constructs. A stack can contain three, because each has about 140 of
 * the 500 resources that CloudFormation allows. The first one of a stack uses the name of the stack for its metrics and alarms, so
 * keep it first when you add another.
 */
export class IvyMailEvents extends Construct {
  /** Email that is sent with this configuration set is tracked. */
  readonly configurationSet: ses.IConfigurationSet;
  /** Name of the configuration set. */
  readonly configurationSetName: string;
  /** The topic to which SES publishes events. */
  readonly topic: sns.Topic;
  /** Events, deliveries, endpoints and API keys. */
  readonly table: dynamodb.TableV2;
  /** The key that encrypts the secrets of webhooks. */
  readonly secretsKey: kms.IKey;
  /** The API. A web ACL can be attached to `api.deploymentStage`. */
  readonly api: apigateway.RestApi;
  /** Base URL of the API, with a slash at the end. */
  readonly url: string;
  /** Address of the dashboard. */
  readonly dashboardUrl: string;
  readonly functions: IvyMailFunctions;
  readonly queues: IvyMailQueues;
  readonly stateMachines: IvyMailStateMachines;
  readonly alarms: Readonly<Record<IvyMailAlarmName, cloudwatch.Alarm>>;
  /** The topic to which every alarm and every reputation event is published. */
  readonly alarmTopic: sns.ITopic;

  private readonly source: EventSource;
  private readonly store: EventTable;
  private readonly settings: Settings;

  /**
   * Throws an Error that names each prop that is invalid or unknown, and an Error if the region of the stack is known and has no
   * SES resource types.
   */
  constructor(scope: Construct, id: string, props: IvyMailEventsProps = {}) {
    super(scope, id);
    requireSesRegion(this);
    const resolved = resolveProps(props);
    const name = claimName(this);
    const options: Settings = { ...resolved, name, metricsNamespace: `IvyMail/${name}` };

    const source = new EventSource(this, 'Source', options);
    const table = new EventTable(this, 'Store', options);
    const secretsKey = new SecretsKey(this, 'Secrets', options);
    const ingest = new Ingest(this, 'Ingest', { source, table, options });
    const delivery = new Delivery(this, 'Delivery', { source, table, secretsKey, options });
    const tally = new Tally(this, 'Tally', { table, options });
    const api = new RestApi(this, 'Api', { source, table, secretsKey, options });
    const alarms = new Alarms(this, 'Alarms', { source, delivery, tally, api, options });
    delivery.notify(alarms.topic);

    this.source = source;
    this.store = table;
    this.settings = options;
    this.configurationSet = source.configurationSet;
    this.configurationSetName = source.configurationSet.configurationSetName;
    this.topic = source.topic;
    this.table = table.table;
    this.secretsKey = secretsKey.key;
    this.api = api.api;
    this.url = api.url;
    this.dashboardUrl = `${api.url}dashboard/`;
    this.functions = {
      ingest: ingest.function,
      dispatch: delivery.dispatch,
      deliver: delivery.deliver,
      recover: delivery.recover,
      tally: tally.function,
      api: api.function,
      authorizer: api.authorizer,
    };
    this.queues = {
      events: source.queue,
      ingestDeadLetters: source.deadLetters,
      subscriptionDeadLetters: source.subscriptionDeadLetters,
      dispatchDeadLetters: delivery.dispatchDeadLetters,
      deliverDeadLetters: delivery.deliverDeadLetters,
      tallyDeadLetters: tally.deadLetters,
    };
    this.stateMachines = {
      deliver: delivery.deliverMachine,
      redeliver: delivery.redeliverMachine,
      recover: delivery.recoverMachine,
    };
    this.alarms = alarms.alarms;
    this.alarmTopic = alarms.topic;
    acknowledge(this, options);
    addDeploymentOutput(this, {
      eventDestinationName: source.eventDestinationName,
      trackEngagement: options.trackEngagement,
      mappings: { ingest: ingest.mapping, dispatch: delivery.dispatchMapping, tally: tally.mapping },
    });
  }

  /**
   * Grants permission to send email with the configuration set, from any identity of the account: `ses:SendEmail` and
   * `ses:SendRawEmail`. The sender must name the configuration set, or `attach` must have made it the default of the identity.
   */
  grantSend(grantee: iam.IGrantable): iam.Grant {
    return this.source.grantSend(grantee);
  }

  /** Grants permission to read every row of the table and its indexes, without the API. */
  grantReadLogs(grantee: iam.IGrantable): iam.Grant {
    return this.store.grantRead(grantee);
  }

  /**
   * Makes the configuration set the default of an identity of this app, so that all its email is tracked. Throws an Error for an
   * identity that was imported, because the CDK cannot change it, and for an identity that has another default.
   */
  attach(identity: ses.IEmailIdentity): void {
    attachConfigurationSet(identity, this.configurationSetName);
  }

  /** A metric of the functions of this deployment, by its name. Default: the sum of five minutes. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    // Attached, so that a dashboard in another region reads the metric in the region of this construct.
    return deploymentMetric(this.settings.metricsNamespace, metricName as MetricName, options).attachTo(this);
  }

  /** Messages that could not be stored as an SES event and are in quarantine. */
  metricMessagesQuarantined(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.messagesQuarantined, options);
  }

  /** Emails with the tag of a workspace that does not exist. */
  metricUnknownWorkspaceTags(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.unknownWorkspaceTags, options);
  }

  /** Events of a type that this version does not know. They are stored. */
  metricUnknownEvents(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.unknownEvents, options);
  }

  /** Deliveries whose last retry failed. */
  metricDeliveriesExhausted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.deliveriesExhausted, options);
  }

  /** Deliveries that ended because of an internal error, and attempts that could not be recorded. */
  metricDeliveriesInternal(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.deliveriesInternal, options);
  }

  /** Rows that could not be counted in the statistics, and checks of the reputation guard that failed. */
  metricRecordsUncounted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.recordsUncounted, options);
  }

  /** 1 if events were stored and dispatch was not called in a period. Default: the minimum of five minutes. */
  metricDispatchStalled(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.dispatchStalled, { statistic: 'Minimum', ...options });
  }

  /** Webhook endpoints that became failing. */
  metricEndpointsFailing(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.endpointsFailing, options);
  }

  /** Webhook endpoints that were disabled. */
  metricEndpointsDisabled(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRIC.endpointsDisabled, options);
  }
}
