import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { PUBLIC_PATHS } from '../lambdas/api/public-paths.ts';

export interface Acknowledgement {
  readonly rules: readonly string[];
  /** Constructs below IvyMailEvents that the rules find, themselves or something in them. */
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

/** A name as cdk-nag writes it: `arn:<AWS::Partition>:ses:…`. */
function flat(name: unknown): string {
  if (typeof name === 'string') return name;
  const { 'Fn::Join': join, Ref } = name as { 'Fn::Join'?: [string, unknown[]]; Ref?: string };
  return join ? join[1].map(flat).join(join[0]) : `<${Ref}>`;
}

/** The rules of AWS Solutions and Serverless in cdk-nag that are not followed: every one, where, and why. */
export function acknowledgements(stack: Stack): readonly Acknowledgement[] {
  const anyIdentity = stack.formatArn({ service: 'ses', resource: 'identity', resourceName: '*' });
  return [
    {
      rules: ['AwsSolutions-SQS3'],
      constructs: DEAD_LETTERS,
      reason:
        'It is a dead-letter queue, of a subscription, of a mapping or of a state machine, where the rule does not look. It keeps a message for 14 days, and an alarm rings at the first.',
    },
    {
      rules: ['Serverless-SQSRedrivePolicy'],
      constructs: ['Source/DeadLetters', ...DEAD_LETTERS],
      reason: 'It is a dead-letter queue: the last stop, with an alarm at its first message.',
    },
    {
      rules: ['Serverless-SNSRedrivePolicy'],
      constructs: ['Alarms/Topic'],
      reason:
        'The mail of an alarm: SNS tries for six hours, and the alarm itself stays in CloudWatch with its history. A queue of mails that did not arrive would tell nobody either.',
    },
    {
      rules: ['Serverless-LambdaDLQ'],
      constructs: FUNCTIONS,
      reason:
        'Lambda uses it for asynchronous invocations, and there are none: API Gateway, Step Functions and the mappings of a queue and a stream call the functions, and see a failure themselves.',
    },
    {
      rules: ['Serverless-LambdaEventSourceMappingDestination'],
      constructs: ['Ingest/Function'],
      reason:
        'The mapping of an SQS queue takes no destination: SQS itself moves a message to the dead-letter queue after ten tries. The two mappings of the stream have one.',
    },
    {
      rules: ['Serverless-LambdaTracing'],
      constructs: FUNCTIONS,
      reason:
        'X-Ray traces the first call of each second, which at usual rates is every call: $5 a million, where a million calls cost $0.20. What a delivery goes through, the state machines, is traced; each call writes a line with its ids.',
    },
    {
      rules: ['AwsSolutions-APIG1', 'AwsSolutions-APIG6', 'Serverless-APIGWAccessLogging'],
      constructs: ['Api/Api/DeploymentStage.prod'],
      reason:
        'The logs of the gateway need a role that is one for the whole account and region, which one stack among others must not set: docs/adr/0011-no-api-gateway-access-log.md. The function writes a line for each request.',
    },
    {
      rules: ['Serverless-APIGWXrayEnabled'],
      constructs: ['Api/Api/DeploymentStage.prod'],
      reason:
        'A trace holds the URL, and URLs hold recipients (/v1/suppressions/{address}, ?to=). What the function writes of a request does not.',
    },
    {
      rules: ['AwsSolutions-APIG2'],
      constructs: ['Api/Api'],
      reason:
        'API Gateway could only require one of the two headers that carry a key (docs/adr/0023-two-headers-for-a-key.md). The authorizer checks the key, and the function checks each request by the schema that the OpenAPI document is made from, before anything else, and names the field that is wrong.',
    },
    {
      rules: ['AwsSolutions-APIG3'],
      constructs: ['Api/Api/DeploymentStage.prod'],
      reason:
        'A web ACL costs $5 a month and $1 a rule, more than all the rest when idle. The stage is throttled, all but documents needs a key, and an operator can attach an ACL to it.',
    },
    {
      rules: ['AwsSolutions-APIG4'],
      constructs: PUBLIC_PATHS.map((path) => `${METHODS}${path}/ANY`),
      reason:
        'Documents and the files of the dashboard, the same for everyone and without data; and the inbox of admin doctor, which takes only a token of 256 random bits that was made minutes before.',
    },
    {
      rules: ['AwsSolutions-COG4'],
      constructs: [METHODS],
      reason:
        'Who calls is a server that sends mail, not a person who signs in: API keys are the authentication, by an authorizer of our own.',
    },
    {
      rules: ['AwsSolutions-SF1'],
      constructs: MACHINES,
      reason:
        'Step Functions keeps the history of Standard executions itself for 90 days; Express writes its errors, without data. Its other lines, a dozen a delivery, would say what the rows of delivery and attempt say.',
    },
    {
      rules: ['AwsSolutions-IAM5[Resource::*]'],
      constructs: [...MACHINES.map((machine) => `${machine}/Role`), 'Api/FunctionRole'],
      reason:
        'X-Ray, the delivery of logs and ses:DeleteSuppressedDestination know no resource, so IAM takes nothing else for them. docs/generated/permissions.md lists every one.',
    },
    {
      rules: [`AwsSolutions-IAM5[Resource::${flat(stack.resolve(anyIdentity))}]`],
      constructs: ['Api/FunctionRole'],
      reason:
        'SES checks the identity a mail is from, which is known when somebody sends: any of this account and region, for ses:SendEmail alone.',
    },
  ];
}

/**
 * Writes the reasons to the constructs they are about, for whoever runs cdk-nag. Here, and not in our own test, since
 * the construct may be in an app of others that checks itself: they get the reasons, and no findings to look into. It
 * costs nothing: the CDK keeps what is acknowledged itself, and the template stays the same.
 */
export function acknowledge(ivy: Construct): void {
  for (const { rules, constructs, reason } of acknowledgements(Stack.of(ivy))) {
    for (const path of constructs) {
      const found = path.split('/').reduce<IConstruct>((parent, id) => parent.node.findChild(id), ivy);
      Validations.of(found).acknowledge(...rules.map((id) => ({ id, reason })));
    }
  }
}
