import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { ENGAGEMENT_EVENT_TYPES, OUTCOME_EVENT_TYPES } from '../lambdas/core/ses-event-types.ts';
import { createDeadLetterQueue, MAX_RETENTION } from './dead-letter-queue.ts';

/**
 * Six times the timeout of the ingest function, as AWS recommends. Lambda retries a throttled batch during this time. With a
 * shorter timeout, the messages could become visible during the retries, and SQS would deliver them a second time.
 */
const VISIBILITY_TIMEOUT = Duration.seconds(180);

/**
 * SQS delivers a message to ingest at most 10 times, 180 s apart. A message that fails for half an hour is then moved to the
 * dead-letter queue.
 */
const MAX_RECEIVE_COUNT = 10;

export interface EventSourceProps {
  readonly trackEngagement: boolean;
  /** An existing configuration set. Default: a new one is created. */
  readonly configurationSet?: ses.IConfigurationSet | undefined;
}

/**
 * The path from SES to the queue. SES publishes an event only for email that is sent with the configuration set. The queue keeps
 * the event until ingest has stored it, for at most 10 receives or 14 days. After 10 failed receives, SQS moves the event to
 * the dead-letter queue.
 */
export class EventSource extends Construct {
  readonly configurationSet: ses.IConfigurationSet;
  /**
   * The name that CloudFormation gives the event destination: the physical id of the resource. The schema of the resource has two
   * identifiers, so the name of the configuration set can follow it, after a `|`.
   */
  readonly eventDestinationName: string;
  readonly topic: sns.Topic;
  readonly queue: sqs.Queue;
  /** Messages that ingest could not store. */
  readonly deadLetters: sqs.Queue;
  /** Messages that the topic could not deliver to the queue. */
  readonly subscriptionDeadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: EventSourceProps) {
    super(scope, id);

    this.configurationSet = props.configurationSet ?? this.createConfigurationSet();

    // Not encrypted at rest: docs/adr/0010-topic-not-encrypted-at-rest.md.
    this.topic = new sns.Topic(this, 'Topic', { enforceSSL: true });
    this.allowOnlySes();

    const destination = new ses.CfnConfigurationSetEventDestination(this, 'Destination', {
      configurationSetName: this.configurationSet.configurationSetName,
      eventDestination: {
        enabled: true,
        matchingEventTypes: [
          ...OUTCOME_EVENT_TYPES,
          ...(props.trackEngagement ? ENGAGEMENT_EVENT_TYPES : []),
        ],
        snsDestination: { topicArn: this.topic.topicArn },
      },
    });

    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    this.queue = new sqs.Queue(this, 'Queue', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: VISIBILITY_TIMEOUT,
      retentionPeriod: MAX_RETENTION,
      receiveMessageWaitTime: Duration.seconds(20),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    this.subscriptionDeadLetters = createDeadLetterQueue(this, 'SubscriptionDeadLetters');
    const subscription = this.topic.addSubscription(
      new SqsSubscription(this.queue, {
        rawMessageDelivery: true,
        deadLetterQueue: this.subscriptionDeadLetters,
      }),
    );

    // SES publishes a test message when the destination is created. By then, the topic's policy and subscription must exist.
    destination.node.addDependency(this.topic.node.findChild('Policy'), subscription);
    this.eventDestinationName = destination.ref;
  }

  /**
   * Grants permission to send email with the configuration set, from any identity of the account. SES requires SendRawEmail for
   * an email that is sent as MIME, also in version 2 of its API (https://github.com/aws/aws-actionmailer-ses-ruby/issues/10).
   * `EmailIdentity.grantSendEmail` of the CDK grants the same two actions.
   */
  grantSend(grantee: iam.IGrantable): iam.Grant {
    const { stack } = this.topic;
    const identity = (resource: string, resourceName: string): string =>
      stack.formatArn({ service: 'ses', resource, resourceName });
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['ses:SendEmail', 'ses:SendRawEmail'],
      // SES also checks the identity of the sender, which is only known when an email is sent.
      resourceArns: [
        identity('identity', '*'),
        identity('configuration-set', this.configurationSet.configurationSetName),
      ],
    });
  }

  /** Grants `grantSend` to a function, and sets the name of the configuration set in its environment. */
  enableSending(fn: lambda.Function): void {
    fn.addEnvironment(ENV.configurationSet, this.configurationSet.configurationSetName);
    this.grantSend(fn);
  }

  /** Lets a function stop and start sending with the configuration set, and sets the name of the set in its environment. */
  enableSwitch(fn: lambda.Function): void {
    const { configurationSetName } = this.configurationSet;
    fn.addEnvironment(ENV.configurationSet, configurationSetName);
    fn.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['ses:PutConfigurationSetSendingOptions'],
        resources: [
          this.topic.stack.formatArn({
            service: 'ses',
            resource: 'configuration-set',
            resourceName: configurationSetName,
          }),
        ],
      }),
    );
  }

  /** Grants permission to remove addresses from the suppression list of the account. */
  grantDeleteSuppression(fn: lambda.Function): void {
    fn.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['ses:DeleteSuppressedDestination'],
        // This action supports no resource. When SES denies it, the error names `*`:
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
        resources: ['*'],
      }),
    );
  }

  /** Grants permission to read the status and the quota of the SES account. */
  grantReadAccount(fn: lambda.Function): void {
    // This action supports no resource.
    fn.addToRolePolicy(new iam.PolicyStatement({ actions: ['ses:GetAccount'], resources: ['*'] }));
  }

  private createConfigurationSet(): ses.IConfigurationSet {
    const set = new ses.CfnConfigurationSet(this, 'ConfigurationSet', {
      reputationOptions: { reputationMetricsEnabled: true },
    });
    // Always retained. An identity can use this set by default. If the set were deleted, every email of that identity would fail.
    // No identity can use it before its first deployment succeeds, so a rollback of that deployment deletes the set.
    set.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return ses.ConfigurationSet.fromConfigurationSetName(this, 'CreatedConfigurationSet', set.ref);
  }

  /**
   * Allows only SES to publish, and only on behalf of this account. The second statement denies every principal that is not an
   * AWS service. Without it, an administrator's IAM policy would allow the administrator to publish a false event by accident.
   */
  private allowOnlySes(): void {
    const sourceArn = (resource: string): string =>
      Stack.of(this).formatArn({ service: 'ses', resource, resourceName: '*' });
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'SesOfThisAccount',
        principals: [new iam.ServicePrincipal('ses.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          StringEquals: { 'AWS:SourceAccount': Aws.ACCOUNT_ID },
          // A workspace can have its own configuration set, so every configuration set of the account may publish. An identity
          // may also publish to the topic: SES sends the older bounce, complaint and delivery notifications per identity.
          ArnLike: { 'AWS:SourceArn': [sourceArn('configuration-set'), sourceArn('identity')] },
        },
      }),
    );
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'NobodyElse',
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { Bool: { 'aws:PrincipalIsAWSService': 'false' } },
      }),
    );
  }
}
