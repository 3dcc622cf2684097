import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { acknowledgements } from '../../lib/acknowledgements.ts';
import { IvyMailEvents } from '../../lib/ivy-mail-events.ts';
import type { StackOptions } from '../../lib/options.ts';

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
  options: StackOptions,
  env: { region?: string; account?: string } = {},
): CheckedStack {
  const app = new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Mine', { env });
  const ivy = new IvyMailEvents(stack, 'Mail', options);
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

const EVERY_OPTION: StackOptions = {
  retentionDays: 30,
  trackEngagement: true,
  retry: { firstDelaySeconds: 10, factor: 2, count: 4 },
  allowInsecureEndpoints: true,
  alarmEmail: 'ops@example.com',
  domain: {
    name: 'mail.example.com',
    certificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/a',
    hostedZoneId: 'Z1',
  },
  configurationSet: 'existing',
  autoSuppress: { hardBounces: false, complaints: false },
  throttle: { ratePerSecond: 1000, burst: 2000 },
  consumerConcurrency: 2,
  tracing: true,
  removalPolicy: 'destroy',
};

const STACKS: readonly (readonly [string, CheckedStack])[] = [
  ['with default options', createCheckedStack({})],
  ['with every option', createCheckedStack(EVERY_OPTION)],
  [
    'with a known account and region',
    createCheckedStack({}, { region: 'eu-central-1', account: '000000000000' }),
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
    const changed = createCheckedStack({});
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
      acknowledgements(new Stack(), { tracing }).flatMap(({ rules }) => rules),
    );
    // The text in brackets names the finding.
    const rules = new Set(
      acknowledged.map((rule) => rule.replace(/\[.*/, '')).filter((rule) => rule.startsWith(pack)),
    );
    expect([...rules]).toHaveLength(count);
  });

  describe.each([true, false])('in a stack with every option, and with tracing %s', (tracing) => {
    const stack = createCheckedStack({ ...EVERY_OPTION, tracing });
    const found = stack.allFindings();

    it.each(
      acknowledgements(Stack.of(stack.ivy), { tracing }).flatMap(({ rules, constructs }) =>
        rules.flatMap((rule) => constructs.map((path) => [rule, path] as const)),
      ),
    )('for %s at %s is needed', (rule, path) => {
      expect(
        found.some((finding) => finding.rule === rule && `${finding.path}/`.startsWith(`${path}/`)),
      ).toBe(true);
    });
  });
});
