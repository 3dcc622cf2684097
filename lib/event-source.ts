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

/** Six times the timeout of ingest, as AWS advises: a throttled batch is not handed out twice while it waits. */
const VISIBILITY = Duration.seconds(180);

/** Half an hour of tries at that visibility before a message is set aside. */
const MAX_RECEIVE_COUNT = 10;

export interface EventSourceProps {
  readonly trackEngagement: boolean;
  /** Name of a set that exists; else one is made. */
  readonly configurationSet?: string | undefined;
}

/** From SES to the queue: everything that happens to a mail arrives here, and stays until it is stored. */
export class EventSource extends Construct {
  readonly configurationSetName: string;
  readonly topic: sns.Topic;
  readonly queue: sqs.Queue;
  /** What ingest could not store. */
  readonly deadLetters: sqs.Queue;
  /** What the topic could not hand to the queue. */
  readonly subscriptionDeadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: EventSourceProps) {
    super(scope, id);

    this.configurationSetName = props.configurationSet ?? this.createConfigurationSet();

    // Not encrypted at rest: docs/adr/0010-topic-not-encrypted-at-rest.md.
    this.topic = new sns.Topic(this, 'Topic', { enforceSSL: true });
    this.allowOnlySes();

    const destination = new ses.CfnConfigurationSetEventDestination(this, 'Destination', {
      configurationSetName: this.configurationSetName,
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
      visibilityTimeout: VISIBILITY,
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

    // SES publishes a sentence to try the topic when the destination is made: by then it must be let in and heard.
    destination.node.addDependency(this.topic, subscription);
  }

  /** The name of the set that tracked mail is sent with, and permission to send with it from any address of the account. */
  grantSend(fn: lambda.Function): void {
    const { stack } = this.topic;
    const identity = (resource: string, resourceName: string): string =>
      stack.formatArn({ service: 'ses', resource, resourceName });
    fn.addEnvironment(ENV.configurationSet, this.configurationSetName);
    fn.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['ses:SendEmail'],
        // SES checks the identity of the sender, which is known only when somebody sends.
        resources: [identity('identity', '*'), identity('configuration-set', this.configurationSetName)],
      }),
    );
  }

  /** Permission to take addresses off the suppression list of the account. */
  grantUnsuppress(fn: lambda.Function): void {
    fn.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['ses:DeleteSuppressedDestination'],
        // IAM knows no resource of this action; SES names `*` where it denies it:
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
        resources: ['*'],
      }),
    );
  }

  private createConfigurationSet(): string {
    const set = new ses.CfnConfigurationSet(this, 'ConfigurationSet', {
      reputationOptions: { reputationMetricsEnabled: true },
    });
    // Always kept: where it is the default set of an identity, every mail of that identity would fail without it.
    set.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return set.ref;
  }

  /** Nobody but SES for this account may publish: not even an administrator can forge an event by accident. */
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
          // Any set of the account (a workspace may bring its own), and identities, whose legacy notifications carry them.
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
