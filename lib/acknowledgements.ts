import * as cdk from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { PUBLIC_PATHS } from '../lambdas/api/public-paths.ts';
import type { Settings } from './resolve-props.ts';

export interface Acknowledgement {
  readonly rules: readonly string[];
  /** Paths below IvyMailEvents. The rules report a finding for each of these constructs or for one of its children. */
  readonly constructs: readonly string[];
  readonly reason: string;
}

const DEAD_LETTERS = [
  'Source/SubscriptionDeadLetters',
  'Delivery/DispatchDeadLetters',
  'Delivery/DeliverDeadLetters',
  'Tally/DeadLetters',
];
const FUNCTIONS = [
  'Ingest/Function',
  'Delivery/Deliver',
  'Delivery/Dispatch',
  'Delivery/Recover',
  'Tally/Function',
  'Api/Function',
  'Api/Authorizer',
];
const MACHINES = ['Delivery/DeliverMachine', 'Delivery/RedeliverMachine', 'Delivery/RecoverMachine'];
const METHODS = 'Api/Api/Default';

/** Formats a CloudFormation value as cdk-nag does: `arn:<AWS::Partition>:ses:…`. */
function formatForNag(name: unknown): string {
  if (typeof name === 'string') return name;
  const { 'Fn::Join': join, Ref } = name as { 'Fn::Join'?: [string, unknown[]]; Ref?: string };
  return join ? join[1].map(formatForNag).join(join[0]) : `<${Ref}>`;
}

/** The findings that exist only with the option `tracing`, or only without it. */
function tracingAcknowledgements(tracing: boolean): readonly Acknowledgement[] {
  if (tracing)
    return [
      {
        rules: ['AwsSolutions-IAM5[Resource::*]'],
        constructs: MACHINES.map((machine) => `${machine}/Role`),
        reason:
          'The actions of X-Ray and of log delivery support no resources, so IAM accepts only `*` for them. docs/generated/permissions.md lists every one.',
      },
    ];
  return [
    {
      rules: ['AwsSolutions-SF2', 'Serverless-StepFunctionStateMachineXray'],
      constructs: MACHINES,
      reason:
        'X-Ray on the Express machine costs up to $5 per million webhooks in a trickle, because X-Ray records the first execution of each second. The option `tracing` turns it on. Each call logs a line with its ids, and the rows of a delivery show each attempt.',
    },
    {
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      constructs: ['Delivery/DeliverMachine/Role'],
      reason:
        'The actions of log delivery support no resources, so IAM accepts only `*` for them. docs/generated/permissions.md lists every one.',
    },
  ];
}

type AcknowledgedOptions = Pick<Settings, 'tracing' | 'alarmTopic' | 'accessLog'>;

const ACCESS_LOG_RULES = ['AwsSolutions-APIG1', 'Serverless-APIGWAccessLogging'];

/** Every rule of the cdk-nag packs AWS Solutions and Serverless that is not followed, with its constructs and the reason. */
export function acknowledgements(
  stack: cdk.Stack,
  { tracing, alarmTopic, accessLog }: AcknowledgedOptions,
): readonly Acknowledgement[] {
  const anyIdentity = stack.formatArn({ service: 'ses', resource: 'identity', resourceName: '*' });
  return [
    ...tracingAcknowledgements(tracing),
    {
      rules: ['AwsSolutions-SQS3'],
      constructs: DEAD_LETTERS,
      reason:
        'It is the dead-letter queue of a subscription, of an event source mapping or of a state machine, which the rule does not recognize. It keeps a message for 14 days, and the first message raises an alarm.',
    },
    {
      rules: ['Serverless-SQSRedrivePolicy'],
      constructs: ['Source/DeadLetters', ...DEAD_LETTERS],
      reason: 'It is a dead-letter queue, so it has none itself. The first message raises an alarm.',
    },
    {
      rules: ['Serverless-SNSRedrivePolicy'],
      // A topic of the app is outside this construct.
      constructs: alarmTopic ? [] : ['Alarms/Topic'],
      reason:
        'The topic sends the emails of alarms. SNS retries for six hours, and CloudWatch keeps the alarm and its history. Nobody would read a queue of undelivered emails.',
    },
    {
      rules: ['Serverless-LambdaDLQ'],
      constructs: FUNCTIONS,
      reason:
        'Lambda uses a dead-letter queue for asynchronous invocations only, and there are none. API Gateway, Step Functions and the event source mappings of the queue and the stream call the functions and handle failures themselves.',
    },
    {
      rules: ['Serverless-LambdaEventSourceMappingDestination'],
      constructs: ['Ingest/Function'],
      reason:
        'The event source mapping of an SQS queue supports no destination. SQS moves a message to the dead-letter queue after ten receives. The two mappings of the stream have a destination.',
    },
    {
      rules: ['Serverless-LambdaTracing'],
      constructs: FUNCTIONS,
      reason:
        'X-Ray traces the first call of each second, which at usual rates is every call. That costs $5 per million calls, and the calls themselves cost $0.20. Each call logs a line with its ids. The option `tracing` traces the state machines.',
    },
    {
      rules: ['AwsSolutions-APIG6', ...(accessLog ? [] : ACCESS_LOG_RULES)],
      constructs: ['Api/Api/DeploymentStage.prod'],
      reason:
        'Access logs need a role that exists once per account and region, so a single stack must not set it: docs/adr/0011-no-api-gateway-access-log.md. The function logs a line for each request.',
    },
    {
      rules: ['Serverless-APIGWXrayEnabled'],
      constructs: ['Api/Api/DeploymentStage.prod'],
      reason:
        'A trace contains the URL, and URLs contain recipients (/v1/suppressions/{address}, ?to=). The log lines of the function contain no recipients. In a trickle, a trace of each request would cost $5 per million requests, more than the $3.50 for the requests. So the option `tracing` does not trace the API.',
    },
    {
      rules: ['AwsSolutions-APIG2'],
      constructs: ['Api/Api'],
      reason:
        'API Gateway could require only one of the two headers that carry a key (docs/adr/0023-two-headers-for-a-key.md). The authorizer checks the key. The function first validates each request against the schema from which the OpenAPI document is generated, and names the invalid field.',
    },
    {
      rules: ['AwsSolutions-APIG3'],
      constructs: ['Api/Api/DeploymentStage.prod'],
      reason:
        'A web ACL costs $5 a month and $1 per rule, more than everything else in an idle deployment. The stage is throttled, and every path except the public documents needs a key. An operator can attach a web ACL to the stage.',
    },
    {
      rules: ['AwsSolutions-APIG4'],
      constructs: PUBLIC_PATHS.map((path) => `${METHODS}${path === '/' ? '' : path}/ANY`),
      reason:
        'These paths serve the documents and the files of the dashboard, which are the same for everyone and contain no data. The probe of admin doctor accepts only a token of 256 random bits that was created minutes earlier.',
    },
    {
      rules: ['AwsSolutions-COG4'],
      constructs: [METHODS],
      reason:
        'The callers are servers that send email, not people who sign in. A Lambda authorizer authenticates them by API key.',
    },
    {
      rules: ['AwsSolutions-SF1'],
      constructs: MACHINES,
      reason:
        'Step Functions keeps the history of Standard executions for 90 days. Express executions log their errors, without data. The other log lines, a dozen per delivery, would repeat the rows of the delivery and its attempts.',
    },
    {
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      constructs: ['Api/FunctionRole'],
      reason:
        'The actions ses:DeleteSuppressedDestination and ses:GetAccount support no resources, so IAM accepts only `*` for them. docs/generated/permissions.md lists every wide permission.',
    },
    {
      rules: [`AwsSolutions-IAM5[Resource::${formatForNag(stack.resolve(anyIdentity))}]`],
      constructs: ['Api/FunctionRole'],
      reason:
        'SES checks the identity of the sender, which is only known when an email is sent. The permission covers every identity of this account and region, for sending only.',
    },
  ];
}

/**
 * Acknowledges the findings of cdk-nag on the constructs. The construct does this itself, not a test of this project,
 * because another app that contains the construct may run cdk-nag too. That app then reports the reasons instead of
 * findings. The template does not change, because the CDK keeps acknowledgements outside it.
 */
export function acknowledge(ivy: Construct, options: AcknowledgedOptions): void {
  // Older versions of the CDK have no acknowledgements. An app that uses one of these versions sees the findings.
  if (!('Validations' in cdk)) return;
  for (const { rules, constructs, reason } of acknowledgements(cdk.Stack.of(ivy), options)) {
    for (const path of constructs) {
      const found = path.split('/').reduce<IConstruct>((parent, id) => parent.node.findChild(id), ivy);
      cdk.Validations.of(found).acknowledge(...rules.map((id) => ({ id, reason })));
    }
  }
}
