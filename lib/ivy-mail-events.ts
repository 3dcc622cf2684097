import { RemovalPolicy } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DESCRIPTION_FORMAT } from '../lambdas/core/deployment-description.ts';
import { DEFAULT_WORKSPACE_ID } from '../lambdas/core/ids.ts';
import { VERSION } from '../lambdas/core/version.ts';
import { acknowledge } from './acknowledgements.ts';
import { Alarms } from './alarms.ts';
import { Delivery } from './delivery.ts';
import { addDeploymentOutput, pathInStack } from './deployment-output.ts';
import { EventSource } from './event-source.ts';
import { EventTable } from './event-table.ts';
import { Ingest } from './ingest.ts';
import { resolveInternal, type InternalProps } from './internal-props.ts';
import { resolveOptions, type StackOptions } from './options.ts';
import { RestApi } from './rest-api.ts';
import { SecretsKey } from './secrets-key.ts';
import { LOCAL_TALLY_WINDOW_SECONDS, TALLY_WINDOW_SECONDS } from './tally-stream.ts';
import { Tally } from './tally.ts';

export interface IvyMailEventsProps extends StackOptions {
  /** @internal For the local run only. Refused without `emulated: true`. */
  readonly internal?: InternalProps;
}

/**
 * The complete pipeline: SES → queue → table → signed webhooks, and the API. Add it to your own stack, or deploy the
 * stack of this project.
 */
export class IvyMailEvents extends Construct {
  /** Email that is sent with this configuration set is tracked. */
  readonly configurationSetName: string;
  /** The topic to which SES publishes events. */
  readonly topic: sns.Topic;
  readonly queue: sqs.Queue;
  readonly table: dynamodb.TableV2;
  readonly secretsKey: kms.Key;
  readonly api: apigateway.RestApi;
  /** Base URL of the API, with a slash at the end. */
  readonly url: string;
  /** The topic to which every alarm is published. */
  readonly alarmTopic: sns.Topic;

  /** Throws an Error that names each option that is invalid or unknown. */
  constructor(scope: Construct, id: string, { internal, ...props }: IvyMailEventsProps = {}) {
    super(scope, id);
    const options = resolveOptions(props);
    const { emulated, waitScale } = resolveInternal(internal);
    const removalPolicy = options.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    const source = new EventSource(this, 'Source', options);
    const table = new EventTable(this, 'Store', { removalPolicy });
    const secretsKey = new SecretsKey(this, 'Secrets', { removalPolicy });
    const ingest = new Ingest(this, 'Ingest', { source, table, options });
    const delivery = new Delivery(this, 'Delivery', { table, secretsKey, options, waitScale });
    const tally = new Tally(this, 'Tally', {
      table,
      retentionDays: options.retentionDays,
      windowSeconds: emulated ? LOCAL_TALLY_WINDOW_SECONDS : TALLY_WINDOW_SECONDS,
    });
    const api = new RestApi(this, 'Api', { source, table, secretsKey, options });
    const alarms = new Alarms(this, 'Alarms', {
      source,
      delivery,
      tally,
      api,
      email: options.alarmEmail,
      emulated,
    });

    this.configurationSetName = source.configurationSetName;
    this.topic = source.topic;
    this.queue = source.queue;
    this.table = table.table;
    this.secretsKey = secretsKey.key;
    this.api = api.api;
    this.url = api.url;
    this.alarmTopic = alarms.topic;
    acknowledge(this, options);
    addDeploymentOutput(this, {
      format: DESCRIPTION_FORMAT,
      version: VERSION,
      construct: pathInStack(this),
      api_id: this.api.restApiId,
      api_url: this.url,
      configuration_set: this.configurationSetName,
      event_destination: source.eventDestinationName,
      track_engagement: options.trackEngagement,
      default_workspace_id: DEFAULT_WORKSPACE_ID,
      topic_arn: this.topic.topicArn,
      queue_url: this.queue.queueUrl,
      table_name: this.table.tableName,
      secrets_key_arn: this.secretsKey.keyArn,
      alarm_topic_arn: this.alarmTopic.topicArn,
      dead_letter_queues: {
        SourceDeadLetters: source.deadLetters.queueUrl,
        SourceSubscriptionDeadLetters: source.subscriptionDeadLetters.queueUrl,
        DeliveryDispatchDeadLetters: delivery.dispatchDeadLetters.queueUrl,
        DeliveryDeliverDeadLetters: delivery.deliverDeadLetters.queueUrl,
        TallyDeadLetters: tally.deadLetters.queueUrl,
      },
      event_source_mappings: {
        Ingest: ingest.mapping.eventSourceMappingId,
        DeliveryDispatch: delivery.dispatchMapping.eventSourceMappingId,
        Tally: tally.mapping.eventSourceMappingId,
      },
      functions: {
        Ingest: ingest.function.functionName,
        DeliveryDispatch: delivery.dispatch.functionName,
        DeliveryDeliver: delivery.deliver.functionName,
        DeliveryRecover: delivery.recover.functionName,
        Tally: tally.function.functionName,
        Api: api.function.functionName,
        ApiAuthorizer: api.authorizer.functionName,
      },
      deliver_machine_arn: delivery.deliverMachine.stateMachineArn,
      redeliver_machine_arn: delivery.redeliverMachine.stateMachineArn,
      recover_machine_arn: delivery.recoverMachine.stateMachineArn,
    });
  }
}
