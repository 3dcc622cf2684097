import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { IvyMailStack } from '../../lib/ivymail-stack.ts';
import type { StackOptions } from '../../lib/options.ts';

/** What we do not follow, and why. One reason may stand for two rules that ask for the same. */
interface Acknowledgement {
  readonly rules: readonly string[];
  /** Of the construct, below the stack. */
  readonly path: RegExp;
  readonly reason: string;
}

const ACKNOWLEDGED: readonly Acknowledgement[] = [
  {
    rules: ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    path: /DeadLetters\/Resource$/,
    reason:
      'They are the dead-letter queues. Each has an alarm at its first message, and keeps it for 14 days.',
  },
  {
    rules: ['Serverless-SNSRedrivePolicy'],
    path: /Alarms\/Topic\/[^/]+\/Resource$/,
    reason: 'The mail of an alarm. The alarm itself stays in CloudWatch until what it tells of is over.',
  },
  {
    rules: ['Serverless-LambdaDLQ'],
    path: /(?:Function|Authorizer|Deliver|Dispatch|Recover)\/Resource$/,
    reason:
      'Lambda uses it for asynchronous invocations only, and there are none: the functions are called by API Gateway, by Step Functions and by event source mappings, each of which has its own way with a failure.',
  },
  {
    rules: ['Serverless-LambdaEventSourceMappingDestination'],
    path: /Ingest\/Function\/SqsEventSource:\w+\/Resource$/,
    reason:
      'SQS itself moves what was tried ten times to its dead-letter queue; a mapping of a queue takes no destination of its own.',
  },
  {
    rules: ['Serverless-LambdaTracing', 'Serverless-APIGWXrayEnabled'],
    path: /\/Resource$/,
    reason:
      'The state machines are traced, and they are what a delivery goes through. Each function does one thing and writes one line with the ids, by which CloudWatch finds the whole way; tracing would need a permission on every resource (xray:* knows no other) in seven more roles.',
  },
  {
    rules: ['AwsSolutions-APIG1', 'AwsSolutions-APIG6', 'Serverless-APIGWAccessLogging'],
    path: /Api\/DeploymentStage\.\w+\/Resource$/,
    reason:
      'docs/adr/0011-no-access-log.md: paths hold recipients, the function logs each request without, and the role an access log needs is one for the whole account.',
  },
  {
    rules: ['AwsSolutions-APIG2'],
    path: /Api\/Api\/Resource$/,
    reason:
      'The function checks every request by the schema that the OpenAPI document is made from, and names the field; API Gateway would answer before it without saying which.',
  },
  {
    rules: ['AwsSolutions-APIG3'],
    path: /Api\/DeploymentStage\.\w+\/Resource$/,
    reason:
      'A web ACL costs more than all the rest when idle ($5 a month and $1 a rule). A key is needed for everything but documents, the stage is throttled, and an operator can attach one to the stage.',
  },
  {
    rules: ['AwsSolutions-APIG4', 'AwsSolutions-COG4'],
    path: /Api\/Api\/Default\/[^]+\/ANY\/Resource$/,
    reason:
      'API keys are the authentication, by an authorizer of our own; whoever sends mail is a server, and has no place for a sign-in. Without a key there are the documents, the files of the dashboard, and probes, whose tokens expire.',
  },
  {
    rules: ['AwsSolutions-SF1'],
    path: /Delivery\/\w+Machine\/Resource$/,
    reason:
      'Of Standard executions Step Functions keeps the history itself, and Express logs its errors. A line for each state of each delivery would cost more than the delivery, and say what its row says.',
  },
  {
    rules: ['AwsSolutions-IAM5'],
    path: /(?:Api\/FunctionRole|Delivery\/\w+Machine\/Role)\/DefaultPolicy\/Resource$/,
    reason:
      'SES checks the identity of a sender, known only when somebody sends (and only with our configuration set); DeleteSuppressedDestination, X-Ray and the delivery of logs know no resources, so IAM takes nothing else for them. test/lib/permissions.test.ts lists every one.',
  },
];

interface Finding {
  readonly rule: string;
  readonly path: string;
}

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };

function findingsOf(options: StackOptions): readonly Finding[] {
  const app = new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  const stack = new IvyMailStack(app, 'IvyMailEvents', { options });
  return [new AwsSolutionsChecks(app), new ServerlessChecks(app)]
    .flatMap((pack) => pack.validateScope(stack).violations)
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({ rule: ruleName, path: constructPath })),
    );
}

function acknowledgementOf({ rule, path }: Finding): Acknowledgement | undefined {
  // A rule may name what it found: AwsSolutions-IAM5[Resource::*].
  const [name = ''] = rule.split('[');
  return ACKNOWLEDGED.find((each) => each.rules.includes(name) && each.path.test(path));
}

const STACKS: Readonly<Record<string, StackOptions>> = {
  'as it comes': {},
  'with every option': {
    trackEngagement: true,
    alarmEmail: 'ops@example.com',
    configurationSet: 'existing',
    autoSuppress: { hardBounces: false, complaints: false },
    domain: {
      name: 'mail.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/a',
      hostedZoneId: 'Z1',
    },
  },
};

describe.each(Object.entries(STACKS))(
  'by the rules of AWS Solutions and Serverless, a stack %s',
  (_, options) => {
    it('has nothing that we do not have a reason for', () => {
      const findings = findingsOf(options);
      expect(findings.filter((finding) => !acknowledgementOf(finding))).toEqual([]);
      // The rules were run: these are what they always find.
      expect(findings.map(({ rule }) => rule)).toContain('AwsSolutions-APIG3');
    });
  },
);

describe('a reason', () => {
  it.each(ACKNOWLEDGED.flatMap((each) => each.rules.map((rule) => [rule, each] as const)))(
    'for %s is needed',
    (rule, { path }) => {
      const found = Object.values(STACKS)
        .flatMap(findingsOf)
        .some((finding) => finding.rule.split('[')[0] === rule && path.test(finding.path));
      expect(found).toBe(true);
    },
  );
});
