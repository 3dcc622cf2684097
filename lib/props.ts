/**
 * The public types of the construct. The package publishes them, so this file imports only the CDK. It imports no schema and no
 * type of the functions.
 */
import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as route53 from 'aws-cdk-lib/aws-route53';
import type * as ses from 'aws-cdk-lib/aws-ses';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';

/** The props of `IvyMailEvents`. All are optional. A prop of type string accepts a token. A number says whether it does. */
export interface IvyMailEventsProps {
  /**
   * Days for which an event is stored, counted from the time of the event. 1 to 3650. Accepts a token.
   * @default 90
   */
  readonly retentionDays?: number;

  /**
   * Lets SES rewrite links and add a tracking pixel, which produces the events `opened` and `clicked`.
   * @default false
   */
  readonly trackEngagement?: boolean;

  /**
   * Retries of a webhook after its first attempt.
   * @default { firstDelaySeconds: 60, factor: 5, count: 3 }
   */
  readonly retry?: RetryProps;

  /**
   * Allows webhook endpoints with http:// URLs and with loopback addresses. For a local run, never for production.
   * @default false
   */
  readonly allowInsecureEndpoints?: boolean;

  /**
   * Email address that receives the alarms. AWS sends it a confirmation request.
   * @default - none. You can subscribe to `alarmTopic` later
   */
  readonly alarmEmail?: string;

  /**
   * Topic to which every alarm is published. If the topic has its own policy, the policy must allow `cloudwatch.amazonaws.com`
   * to publish. If the topic is encrypted, the key must allow it too.
   * @default - a new topic that accepts only alarms of this account
   */
  readonly alarmTopic?: sns.ITopic;

  /**
   * A custom domain for the API.
   * @default - the URL that API Gateway assigns
   */
  readonly domain?: DomainProps;

  /**
   * Configuration set whose events are recorded.
   * @default - a new configuration set, which is retained when the stack is destroyed
   */
  readonly configurationSet?: ses.IConfigurationSet;

  /**
   * KMS key that encrypts the secrets of webhooks. Without this key, no webhook of a stored endpoint can be signed.
   * @default - a new key with rotation, which costs $1 a month
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long CloudWatch stores the log lines of the functions and of the state machine Deliver.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Access log of the API. API Gateway writes it through one role for the account and region, which must exist
   * (`AWS::ApiGateway::Account`). The construct does not set the role, because it would replace that of other APIs.
   * @default - none. The api function logs a line for each request
   */
  readonly accessLog?: AccessLogProps;

  /**
   * The events that add a recipient to the suppression list of the workspace.
   * @default { hardBounces: true, complaints: true }
   */
  readonly autoSuppress?: AutoSuppressProps;

  /**
   * What the reputation guard may change in SES.
   * @default { pauseConfigurationSet: false }
   */
  readonly reputation?: ReputationProps;

  /**
   * Requests that the API accepts, over all keys. Further requests get 429.
   * @default { ratePerSecond: 100, burst: 200 }
   */
  readonly throttle?: ThrottleProps;

  /**
   * Reserved concurrency of the deliver function: how many attempts can run at the same time. It limits how much of the
   * account's concurrency a hanging receiver can use. AWS refuses a value that leaves fewer than 100 for the account. Accepts a
   * token.
   * @default - no reserved concurrency
   */
  readonly deliverConcurrency?: number;

  /**
   * Limits how many invocations the queue and the stream cause at the same time, for an account with few concurrent Lambda
   * executions. Ingest has at most this number. Dispatch has at most 1 per shard of the stream instead of 4. Tally always has
   * at most 1 per shard. Deliver has at most 2 per endpoint. Events wait longer in a burst, and none is lost. 2 to 1000. Accepts
   * a token.
   * @default - 50 for ingest, 4 per shard for dispatch, and no limit per endpoint for deliver
   */
  readonly consumerConcurrency?: number;

  /**
   * Traces the executions of the three state machines with AWS X-Ray. In a trickle, X-Ray records every execution, which costs
   * up to $5 per million webhooks.
   * @default false
   */
  readonly tracing?: boolean;

  /**
   * What happens to the table and the KMS key when the stack is destroyed. With the default, a first deployment that fails leaves
   * no key behind. The configuration set is always retained.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** The delay before retry n is `firstDelaySeconds * factor ** (n - 1)`, ±20 %. The last delay is at most 6 h. No number accepts a token. */
export interface RetryProps {
  /**
   * Delay before the first retry, in seconds. At least 1.
   * @default 60
   */
  readonly firstDelaySeconds?: number;
  /**
   * Each delay is the previous delay times this factor. At least 1.
   * @default 5
   */
  readonly factor?: number;
  /**
   * Number of retries. 0 to 4.
   * @default 3
   */
  readonly count?: number;
}

export interface DomainProps {
  /** Such as `events.example.com`. */
  readonly name: string;
  /** An ACM certificate for the domain, in the region of the stack. */
  readonly certificate: acm.ICertificate;
  /**
   * Hosted zone in which the alias record of the domain is created.
   * @default - no record. Create one that points to `api.domainName`
   */
  readonly hostedZone?: route53.IHostedZone;
}

export interface AccessLogProps {
  /** Where API Gateway writes the log, such as a `LogGroupLogDestination`. */
  readonly destination: apigateway.IAccessLogDestination;
  /**
   * Format of a line. A format with `$context.path` writes recipients into the log, because paths of the API contain addresses.
   * @default AccessLogFormat.jsonWithStandardFields()
   */
  readonly format?: apigateway.AccessLogFormat;
}

export interface AutoSuppressProps {
  /** @default true */
  readonly hardBounces?: boolean;
  /** @default true */
  readonly complaints?: boolean;
}

export interface ReputationProps {
  /**
   * Whether a pause of the default workspace, or of the configuration set in this workspace, also makes SES refuse email that is sent
   * with the configuration set without the API. All workspaces that use the configuration set then stop.
   * @default false
   */
  readonly pauseConfigurationSet?: boolean;
}

export interface ThrottleProps {
  /**
   * Requests per second. 1 to 10,000. Accepts a token.
   * @default 100
   */
  readonly ratePerSecond?: number;
  /**
   * Requests that can arrive at once. 1 to 5,000. Accepts a token.
   * @default 200
   */
  readonly burst?: number;
}

/** The Lambda functions of a deployment. */
export interface IvyMailFunctions {
  /** Stores SES events in the table. */
  readonly ingest: lambda.Function;
  /** Starts the deliveries of new events. */
  readonly dispatch: lambda.Function;
  /** Attempts deliveries. */
  readonly deliver: lambda.Function;
  /** Starts missed or held deliveries. */
  readonly recover: lambda.Function;
  /** Counts events and attempts. */
  readonly tally: lambda.Function;
  /** Serves the API. */
  readonly api: lambda.Function;
  /** Finds the workspace of an API key. */
  readonly authorizer: lambda.Function;
}

/** The queues of a deployment. */
export interface IvyMailQueues {
  /** Events of SES that wait to be stored. */
  readonly events: sqs.Queue;
  /** Messages that ingest could not store. */
  readonly ingestDeadLetters: sqs.Queue;
  /** Messages that SNS could not deliver to the queue of events. */
  readonly subscriptionDeadLetters: sqs.Queue;
  /** Rows and stream positions whose deliveries could not be started. */
  readonly dispatchDeadLetters: sqs.Queue;
  /** Deliveries whose retries could not be started. */
  readonly deliverDeadLetters: sqs.Queue;
  /** Stream positions whose rows could not be counted. */
  readonly tallyDeadLetters: sqs.Queue;
}

/** The state machines of a deployment. */
export interface IvyMailStateMachines {
  /** First attempts. An Express state machine. */
  readonly deliver: sfn.StateMachine;
  /** Later attempts. */
  readonly redeliver: sfn.StateMachine;
  /** Starts missed or held deliveries at a bounded rate. */
  readonly recover: sfn.StateMachine;
}

/** The names of the alarms. docs/runbook.md explains each of them. */
export type IvyMailAlarmName =
  | 'IngestDeadLetters'
  | 'SubscriptionDeadLetters'
  | 'DispatchDeadLetters'
  | 'DeliverDeadLetters'
  | 'TallyDeadLetters'
  | 'QueueDelayed'
  | 'DispatchDelayed'
  | 'DispatchStopped'
  | 'TallyDelayed'
  | 'NothingIngested'
  | 'DeliverErrors'
  | 'ApiErrors'
  | 'FunctionsThrottled'
  | 'DeliverMachineFailed'
  | 'DeliverMachineTimedOut'
  | 'RedeliverMachineFailed'
  | 'RecoverMachineFailed'
  | 'EndpointsFailing'
  | 'EndpointsDisabled'
  | 'DeliveriesExhausted'
  | 'DeliveriesInternal'
  | 'RecordsUncounted'
  | 'MessagesQuarantined'
  | 'UnknownWorkspaceTags'
  | 'SesBounceRate'
  | 'SesComplaintRate';
