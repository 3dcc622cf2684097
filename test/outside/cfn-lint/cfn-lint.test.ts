/** cfn-lint, which checks templates against AWS's own resource schemas, finds nothing in any template of the product. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildTemplates } from '../../../build/templates.ts';
import { IvyMailEvents } from '../../../lib/ivy-mail-events.ts';
import type { StackOptions } from '../../../lib/options.ts';
import { localTemplate, type TemplateResource } from '../../../local/local-template.ts';
import { templateOf } from '../../../pages/template.ts';
import { ensurePython } from '../../venv.ts';

interface TemplateJson {
  readonly Resources: Readonly<Record<string, TemplateResource & { readonly DependsOn?: readonly string[] }>>;
}

interface Finding {
  readonly Filename: string;
  readonly Message: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

/** One value of each option that changes the template. */
const OPTIONS: StackOptions = {
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
  reputation: { pauseConfigurationSet: true },
  throttle: { ratePerSecond: 1000, burst: 2000 },
  deliverConcurrency: 20,
  consumerConcurrency: 2,
  tracing: true,
  removalPolicy: 'destroy',
};

function jsonOf(template: Template): TemplateJson {
  return template.toJSON() as TemplateJson;
}

function twoConstructs(): TemplateJson {
  const stack = new Stack(new App(), 'Mine');
  for (const id of ['Shop', 'Newsletter']) {
    // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
    new IvyMailEvents(stack, id);
  }
  return jsonOf(Template.fromStack(stack));
}

const templates = buildTemplates();

/** A template of the npm package. */
function builtTemplate(name: string): TemplateJson {
  return JSON.parse(Buffer.from(templates.get(name) ?? []).toString()) as TemplateJson;
}

/** The template that the local run deploys. */
function templateOfLocalRun(): TemplateJson {
  return localTemplate(builtTemplate('local.json'), { retryScale: 0.05, waitScale: 0.05 }).template;
}

/** Every prop that takes a resource gets a resource of the same stack, and every grant is used. */
function withResourcesOfTheStack(): TemplateJson {
  const stack = new Stack(new App(), 'Mine');
  const hostedZone = new route53.HostedZone(stack, 'Zone', { zoneName: 'example.com' });
  const validation = acm.CertificateValidation.fromDns(hostedZone);
  const ivy = new IvyMailEvents(stack, 'Mail', {
    alarmTopic: new sns.Topic(stack, 'Alarms'),
    domain: {
      name: 'mail.example.com',
      certificate: new acm.Certificate(stack, 'Certificate', { domainName: 'mail.example.com', validation }),
      hostedZone,
    },
    configurationSet: new ses.ConfigurationSet(stack, 'Set'),
    encryptionKey: new kms.Key(stack, 'Key'),
    logRetention: logs.RetentionDays.ONE_YEAR,
    accessLog: { destination: new apigateway.LogGroupLogDestination(new logs.LogGroup(stack, 'Log')) },
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const role = new iam.Role(stack, 'App', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  ivy.grantSend(role);
  ivy.grantReadLogs(role);
  ivy.attach(new ses.EmailIdentity(stack, 'Identity', { identity: ses.Identity.domain('example.com') }));
  return jsonOf(Template.fromStack(stack));
}

const VARIANTS: Readonly<Record<string, TemplateJson>> = {
  'the default options': jsonOf(templateOf()),
  'every option': jsonOf(templateOf(OPTIONS)),
  ...Object.fromEntries(
    Object.entries(OPTIONS).map(([name, value]) => [
      `the option ${name}`,
      jsonOf(templateOf({ [name]: value })),
    ]),
  ),
  'two constructs in one stack': twoConstructs(),
  'resources of the same stack': withResourcesOfTheStack(),
  'the local run': templateOfLocalRun(),
  'parameters instead of options': builtTemplate('template.json'),
};

/**
 * The CDK writes the dependency of a function on its role next to the one on the role's policy. The second one is needed. The first
 * one is redundant and has no effect, and the CDK has no option that omits it.
 */
function isRoleOfCdk({ Rule, Location }: Finding, { Resources }: TemplateJson): boolean {
  const [, id = '', , index] = Location.Path ?? [];
  const dependency = Resources[id]?.DependsOn?.[Number(index)] ?? '';
  return Rule.Id === 'W3005' && Resources[dependency]?.Type === 'AWS::IAM::Role';
}

/** The program `cfn-lint` of the virtual environment contains the path of the draft folder, so it does not run directly. */
const PROGRAM = 'import sys; from cfnlint.runner import main; sys.exit(main())';

let folder: string;
let findings: readonly Finding[];
const fileOf = (variant: string): string => `${variant.replaceAll(' ', '-')}.json`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cfn-lint-'));
  const files = Object.entries(VARIANTS).map(([variant, template]) => {
    const file = join(folder, fileOf(variant));
    writeFileSync(file, JSON.stringify(template));
    return file;
  });
  const python = await ensurePython(import.meta.dirname);
  const { stdout, stderr } = spawnSync(python, ['-c', PROGRAM, '--format', 'json', ...files], {
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  if (stderr !== '') throw new Error(stderr);
  findings = JSON.parse(stdout) as Finding[];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(Object.keys(VARIANTS))('has no error and no warning for the template with %s', (variant) => {
  const template = VARIANTS[variant];
  if (!template) throw new Error('The variant has no template');
  const unexplained = findings.filter(
    (finding) => basename(finding.Filename) === fileOf(variant) && !isRoleOfCdk(finding, template),
  );
  expect(unexplained.map(({ Rule, Message }) => `${Rule.Id}: ${Message}`)).toEqual([]);
});

it('reads every template, because each has a redundant dependency of the CDK', () => {
  expect(new Set(findings.map(({ Filename }) => basename(Filename)))).toEqual(
    new Set(Object.keys(VARIANTS).map(fileOf)),
  );
});
