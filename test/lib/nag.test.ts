import { readFileSync } from 'node:fs';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { acknowledgements } from '../../lib/acknowledgements.ts';
import { IvyMailEvents } from '../../lib/ivy-mail-events.ts';
import type { IvyMailEventsProps } from '../../lib/props.ts';
import { resolveProps } from '../../lib/resolve-props.ts';

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };

interface Finding {
  readonly rule: string;
  readonly path: string;
}

interface CheckedStack {
  readonly ivy: IvyMailEvents;
  findings(): readonly Finding[];
  /** The findings without acknowledgements. */
  allFindings(): readonly Finding[];
}

function createCheckedStack(
  propsOf: (stack: Stack) => IvyMailEventsProps,
  env: { region?: string; account?: string } = {},
): CheckedStack {
  const app = new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Mine', { env });
  const ivy = new IvyMailEvents(stack, 'Mail', propsOf(stack));
  const run = (overrides: object): readonly Finding[] =>
    [new AwsSolutionsChecks(app), new ServerlessChecks(app)]
      .flatMap((pack) => Object.assign(pack, overrides).validateScope(stack).violations)
      .flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => ({
          rule: ruleName,
          path: constructPath.slice('Mine/Mail/'.length),
        })),
      );
  return { ivy, findings: () => run({}), allFindings: () => run({ isAcknowledged: () => false }) };
}

const WIDE_STATEMENT = new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] });

function apiRole(ivy: IvyMailEvents): iam.Role {
  return ivy.node.findChild('Api').node.findChild('FunctionRole') as iam.Role;
}

const everyProp = (stack: Stack): IvyMailEventsProps => ({
  retentionDays: 30,
  trackEngagement: true,
  retry: { firstDelaySeconds: 10, factor: 2, count: 4 },
  allowInsecureEndpoints: true,
  alarmEmail: 'ops@example.com',
  domain: {
    name: 'mail.example.com',
    certificate: acm.Certificate.fromCertificateArn(
      stack,
      'Certificate',
      'arn:aws:acm:us-east-1:000000000000:certificate/a',
    ),
    hostedZone: route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
      hostedZoneId: 'Z1',
      zoneName: 'example.com',
    }),
  },
  configurationSet: ses.ConfigurationSet.fromConfigurationSetName(stack, 'Set', 'existing'),
  accessLog: {
    destination: new apigateway.LogGroupLogDestination(new logs.LogGroup(stack, 'AccessLog')),
  },
  autoSuppress: { hardBounces: false, complaints: false },
  reputation: { pauseConfigurationSet: true },
  throttle: { ratePerSecond: 1000, burst: 2000 },
  consumerConcurrency: 2,
  tracing: true,
  removalPolicy: RemovalPolicy.DESTROY,
});

const STACKS: readonly (readonly [string, CheckedStack])[] = [
  ['with default options', createCheckedStack(() => ({}))],
  ['with every option', createCheckedStack(everyProp)],
  [
    'with a known account and region',
    createCheckedStack(() => ({}), { region: 'eu-central-1', account: '000000000000' }),
  ],
];

describe('cdk-nag with AWS Solutions and Serverless', () => {
  it.each(STACKS)('has no finding without a reason in a stack %s', (_, stack) => {
    expect(stack.findings()).toEqual([]);
    // Proves that the rules ran.
    expect(stack.allFindings().length).toBeGreaterThan(40);
  });

  // These rules are acknowledged for other constructs, so each one must still report a new construct.
  it.each<readonly [string, (ivy: IvyMailEvents) => unknown]>([
    ['AwsSolutions-SQS4', (ivy) => new sqs.Queue(ivy, 'Plain')],
    ['AwsSolutions-SQS3', (ivy) => new sqs.Queue(ivy, 'Plain')],
    ['AwsSolutions-APIG4', (ivy) => ivy.api.root.addResource('new').addMethod('GET')],
    ['AwsSolutions-IAM5[Action::s3:*]', (ivy) => apiRole(ivy).addToPolicy(WIDE_STATEMENT)],
    [
      'AwsSolutions-IAM5[Resource::*]',
      (ivy) => new iam.Policy(ivy, 'Wide', { statements: [WIDE_STATEMENT] }),
    ],
  ])('reports a new construct: %s', (rule, change) => {
    const changed = createCheckedStack(() => ({}));
    change(changed.ivy);
    expect(changed.findings().map((finding) => finding.rule)).toContain(rule);
  });
});

describe('an acknowledged reason', () => {
  it.each([
    ['AwsSolutions', 10],
    ['Serverless', 8],
  ])('of the pack %s exists for exactly %i rules', (pack, count) => {
    const acknowledged = [true, false].flatMap((tracing) =>
      acknowledgements(new Stack(), resolveProps({ tracing })).flatMap(({ rules }) => rules),
    );
    // The text in brackets names the finding.
    const rules = new Set(
      acknowledged.map((rule) => rule.replace(/\[.*/, '')).filter((rule) => rule.startsWith(pack)),
    );
    expect([...rules]).toHaveLength(count);
  });

  describe.each<readonly [string, (stack: Stack) => IvyMailEventsProps]>([
    ['an address for alarms', () => ({ alarmEmail: 'ops@example.com' })],
    ['every prop', everyProp],
  ])('in a stack with %s', (_, propsOf) => {
    let props: IvyMailEventsProps = {};
    const stack = createCheckedStack((scope) => (props = propsOf(scope)));
    const found = stack.allFindings();

    it.each(
      acknowledgements(Stack.of(stack.ivy), resolveProps(props)).flatMap(({ rules, constructs }) =>
        rules.flatMap((rule) => constructs.map((path) => [rule, path] as const)),
      ),
    )('for %s at %s is needed', (rule, path) => {
      expect(
        found.some((finding) => finding.rule === rule && `${finding.path}/`.startsWith(`${path}/`)),
      ).toBe(true);
    });
  });
});
