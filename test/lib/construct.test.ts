/** What an app can do with the construct: several of them, grants, metrics, and the features of the CDK that apply to any construct. */
import { App, Aspects, NestedStack, Stack, Tags, type CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { describe, expect, it } from 'vitest';
import { ENV } from '../../lambdas/core/env.ts';
import { METRIC } from '../../lambdas/core/metrics.ts';
import { IvyMailEvents } from '../../lib/ivy-mail-events.ts';
import { REGIONS_WITHOUT_SES } from '../../lib/ses-regions.ts';
import { resource, resourcesOf, statementsOf, textOf } from '../../pages/template.ts';

const mailIn = (stack: Stack, id = 'Mail'): IvyMailEvents => new IvyMailEvents(stack, id);
const newStack = (id = 'App'): Stack => new Stack(new App(), id);

/** Every name that must be unique in an account and region. */
function namesIn(template: Template): readonly string[] {
  const NAMES = [
    'AlarmName',
    'LogGroupName',
    'TableName',
    'QueueName',
    'TopicName',
    'RoleName',
    'FunctionName',
    'StateMachineName',
  ];
  const { Resources } = template.toJSON() as { Resources: Record<string, CfnJson> };
  const named = Object.values(Resources).flatMap(({ Type, Properties = {} }) => {
    const isApi = Type === 'AWS::ApiGateway::RestApi';
    // In these types, the property refers to another resource.
    if (/Permission|Mapping|Subscription|Policy$/.test(Type)) return [];
    return (isApi ? ['Name'] : NAMES)
      .filter((name) => Properties[name] !== undefined)
      .map((name) => `${Type} ${textOf(Properties[name])}`);
  });
  const namespaces = resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => {
    const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
    return Variables[ENV.metricsNamespace];
  });
  const distinct = new Set(namespaces.filter((each) => each !== undefined).map(textOf));
  return [...named, ...[...distinct].map((each) => `namespace ${each}`)];
}

interface CfnJson {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

describe('two constructs in one stack', () => {
  const stack = newStack();
  mailIn(stack, 'Mail');
  const { node } = mailIn(stack, 'Second: Mail');
  const template = Template.fromStack(stack);
  const names = namesIn(template);
  // A path with other characters ends with a hash, so that no two paths become the same name.
  const secondName = `\${AWS::StackName}/Second__Mail-${node.addr.slice(-8)}`;

  it('have different names in the account', () => {
    expect(names.length).toBeGreaterThan(2 * 27);
    expect(new Set(names).size).toBe(names.length);
  });

  it('keep the names of a single construct for the first one', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'namespace IvyMail/${AWS::StackName}',
        'AWS::ApiGateway::RestApi ${AWS::StackName}',
        'AWS::CloudWatch::Alarm ${AWS::StackName}-QueueDelayed',
      ]),
    );
  });

  it('have the path in every name of the second one, with a separator that no name of a stack contains', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        `namespace IvyMail/${secondName}`,
        `AWS::ApiGateway::RestApi ${secondName}`,
        `AWS::CloudWatch::Alarm ${secondName}-QueueDelayed`,
      ]),
    );
  });

  it('read only their own metrics', () => {
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(([, { Properties }]) =>
      textOf(Properties['Namespace']).startsWith('IvyMail/'),
    );
    const second = alarms.filter(([id]) => id.startsWith('Second'));
    expect(alarms).toHaveLength(2 * second.length);
    for (const [, { Properties }] of second)
      expect(textOf(Properties['Namespace'])).toBe(`IvyMail/${secondName}`);
  });
});

describe('the name of a later construct', () => {
  const namesWith = (...ids: readonly string[]): readonly string[] => {
    const stack = newStack();
    for (const id of ['First', ...ids]) mailIn(stack, id);
    return namesIn(Template.fromStack(stack));
  };

  it('is its path, if alarms accept the path', () => {
    expect(namesWith('Second')).toContain('AWS::CloudWatch::Alarm ${AWS::StackName}/Second-QueueDelayed');
  });

  it('stays unique if its path has characters that alarms refuse', () => {
    const names = namesWith('Mail 2', 'Mail_2');
    expect(new Set(names).size).toBe(names.length);
  });

  it('fits in the name of an alarm, which has at most 255 characters, however long the path is', () => {
    const long = 'Mail'.repeat(40);
    const names = namesWith(`${long}1`, `${long}2`);
    expect(new Set(names).size).toBe(names.length);
    const alarms = names.filter((name) => name.startsWith('AWS::CloudWatch::Alarm '));
    const stackName = 'S'.repeat(128);
    for (const name of alarms)
      expect(name.split(' ')[1]?.replace('${AWS::StackName}', stackName).length).toBeLessThanOrEqual(255);
  });
});

describe('constructs in several stacks', () => {
  it('of one app have different names, although both are the first of their stack', () => {
    const app = new App();
    const [one, two] = ['One', 'Two'].map((id) => {
      const stack = new Stack(app, id);
      mailIn(stack);
      return stack;
    });
    const names = [one, two].map((stack) =>
      namesIn(Template.fromStack(stack as Stack)).map((name) =>
        name.replaceAll('${AWS::StackName}', (stack as Stack).stackName),
      ),
    );
    expect(names[0]?.length).toBe(names[1]?.length);
    expect(new Set(names.flat()).size).toBe(names.flat().length);
  });

  it('of one template have different names, if the template is deployed under two names', () => {
    const stack = newStack();
    mailIn(stack);
    const names = namesIn(Template.fromStack(stack));
    expect(names.filter((name) => !name.includes('${AWS::StackName}'))).toEqual([]);
  });

  it('are the first of their own stack, if one stack is nested in the other', () => {
    const stack = newStack();
    mailIn(stack);
    const nested = new NestedStack(stack, 'Nested');
    mailIn(nested);
    expect(namesIn(Template.fromStack(nested))).toContain('namespace IvyMail/${AWS::StackName}');
  });
});

describe('the region', () => {
  const inRegion = (region: string) => (): unknown =>
    mailIn(new Stack(new App(), 'App', { env: { region } }));

  it.each(REGIONS_WITHOUT_SES)('%s is refused, because it has no SES resource types', (region) => {
    expect(inRegion(region)).toThrow(new RegExp(`^IvyMail Events cannot be deployed in ${region}: .*\\w$`));
  });

  it.each(['us-east-1', 'eu-central-1', 'us-gov-west-1', 'xx-new-1'])('%s is accepted', (region) => {
    expect(inRegion(region)).not.toThrow();
  });
});

describe('the properties', () => {
  const stack = newStack();
  const mail = mailIn(stack);
  const template = Template.fromStack(stack);
  const idsOf = (constructs: object): string[] =>
    Object.values(constructs).map((each: { node: { defaultChild: CfnResource } }) =>
      String(stack.resolve(each.node.defaultChild.logicalId)),
    );
  const idsIn = (type: string): string[] => resourcesOf(template, type).map(([id]) => id);

  it.each<[string, object, string]>([
    ['functions', mail.functions, 'AWS::Lambda::Function'],
    ['queues', mail.queues, 'AWS::SQS::Queue'],
    ['stateMachines', mail.stateMachines, 'AWS::StepFunctions::StateMachine'],
    ['alarms', mail.alarms, 'AWS::CloudWatch::Alarm'],
  ])('%s expose every one of the template', (_, exposed, type) => {
    expect(idsOf(exposed).toSorted()).toEqual(idsIn(type).toSorted());
  });

  it('alarms are named as in the template', () => {
    expect(
      Object.keys(mail.alarms)
        .map((name) => `\${AWS::StackName}-${name}`)
        .toSorted(),
    ).toEqual(
      resourcesOf(template, 'AWS::CloudWatch::Alarm')
        .map(([, { Properties }]) => textOf(Properties['AlarmName']))
        .toSorted(),
    );
  });

  it('expose the addresses and the names', () => {
    expect(textOf(stack.resolve(mail.dashboardUrl))).toMatch(
      /^https:\/\/\$\{MailApi\w+\}\..*\/\$\{MailApi\w+prod\w+\}\/dashboard\/$/,
    );
    expect(mail.configurationSet.configurationSetName).toBe(mail.configurationSetName);
    expect(stack.resolve(mail.configurationSetName)).toEqual({
      Ref: resource(template, 'AWS::SES::ConfigurationSet').id,
    });
    expect(stack.resolve(mail.secretsKey.keyArn)).toEqual({
      'Fn::GetAtt': [resource(template, 'AWS::KMS::Key').id, 'Arn'],
    });
  });
});

describe('a grant', () => {
  function granted(grant: (mail: IvyMailEvents, role: iam.Role) => iam.Grant): readonly unknown[] {
    const stack = newStack();
    const mail = mailIn(stack);
    const role = new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    grant(mail, role).assertSuccess();
    const policy = resource(Template.fromStack(stack), 'AWS::IAM::Policy', 'Mine');
    return statementsOf(policy).map(({ Action, Resource }) => ({
      actions: Action,
      resources: [Resource].flat().map((each) => textOf(each).replaceAll(/[0-9A-F]{8}/g, '')),
    }));
  }

  it('grantSend allows both actions of SES, with our configuration set only', () => {
    expect(granted((mail, role) => mail.grantSend(role))).toEqual([
      {
        actions: ['ses:SendEmail', 'ses:SendRawEmail'],
        resources: [
          'arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*',
          'arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${MailSourceConfigurationSet}',
        ],
      },
    ]);
  });

  it('grantReadLogs allows to read the table and its indexes, and nothing else', () => {
    expect(granted((mail, role) => mail.grantReadLogs(role))).toEqual([
      {
        actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
        resources: [
          '${MailStoreTable.Arn}',
          '${MailStoreTable.Arn}/index/by_g1pk',
          '${MailStoreTable.Arn}/index/by_g2pk',
        ],
      },
    ]);
  });
});

describe('metric', () => {
  const stack = newStack();
  const mail = mailIn(stack);

  it.each(Object.values(METRIC))('%s has a method of its own, in the namespace of the alarms', (name) => {
    const method = mail[`metric${name}`].bind(mail);
    const metric = method();
    expect(metric.metricName).toBe(name);
    expect(textOf(stack.resolve(metric.namespace))).toBe('IvyMail/${AWS::StackName}');
    expect(metric.period.toSeconds()).toBe(300);
    expect(metric.statistic).toBe(name === METRIC.dispatchStalled ? 'Minimum' : 'Sum');
    expect(method({ statistic: 'Maximum' }).statistic).toBe('Maximum');
  });

  /** The namespace that a stack contains, if it has an alarm on a metric of the construct. */
  function namespaceIn(other: Stack, of: IvyMailEvents): string {
    const alarm = new cloudwatch.Alarm(other, 'Mine', {
      metric: of.metricDeliveriesExhausted(),
      threshold: 1,
      evaluationPeriods: 1,
    });
    const { Properties } = resource(Template.fromStack(other), 'AWS::CloudWatch::Alarm', alarm.node.id);
    return textOf(Properties['Namespace']);
  }

  it('has the namespace of its own stack in an alarm of another stack', () => {
    const app = new App();
    const mailOfOne = mailIn(new Stack(app, 'One'));
    expect(namespaceIn(new Stack(app, 'Two'), mailOfOne)).toBe('IvyMail/One');
  });

  it('has the namespace of the nested stack in an alarm of its parent', () => {
    const parent = newStack();
    const nested = mailIn(new NestedStack(parent, 'Nested'));
    expect(namespaceIn(parent, nested)).toMatch(/^IvyMail\/\{"Fn::Select":\[1,.*NestedNestedStack/);
  });

  it('is read in the region of the construct by a dashboard of another region', () => {
    const app = new App();
    const account = '000000000000';
    const inIreland = mailIn(new Stack(app, 'One', { env: { account, region: 'eu-west-1' } }));
    const other = new Stack(app, 'Two', { env: { account, region: 'us-east-1' } });
    const dashboard = new cloudwatch.Dashboard(other, 'Dashboard');
    dashboard.addWidgets(new cloudwatch.GraphWidget({ left: [inIreland.metricDeliveriesExhausted()] }));
    const { Properties } = resource(Template.fromStack(other), 'AWS::CloudWatch::Dashboard');
    expect(textOf(Properties['DashboardBody'])).toContain(
      '"IvyMail/One","DeliveriesExhausted",{"region":"eu-west-1"',
    );
  });
});

describe('attach', () => {
  it('makes the configuration set the default of an identity of the app', () => {
    const stack = newStack();
    const mail = mailIn(stack);
    mail.attach(new ses.EmailIdentity(stack, 'Domain', { identity: ses.Identity.domain('example.com') }));
    const template = Template.fromStack(stack);
    expect(resource(template, 'AWS::SES::EmailIdentity').Properties['ConfigurationSetAttributes']).toEqual({
      ConfigurationSetName: { Ref: resource(template, 'AWS::SES::ConfigurationSet').id },
    });
  });

  it('refuses an imported identity, and names the command that attaches it', () => {
    const stack = newStack();
    const imported = ses.EmailIdentity.fromEmailIdentityName(stack, 'Domain', 'example.com');
    expect(() => {
      mailIn(stack).attach(imported);
    }).toThrow(/^attach: App\/Domain is not created in this app.*npx ivymail-events attach IDENTITY$/);
  });

  it('refuses an identity that has another configuration set', () => {
    const stack = newStack();
    const other = ses.ConfigurationSet.fromConfigurationSetName(stack, 'Other', 'other');
    const identity = new ses.EmailIdentity(stack, 'Domain', {
      identity: ses.Identity.domain('example.com'),
      configurationSet: other,
    });
    expect(() => {
      mailIn(stack).attach(identity);
    }).toThrow('App/Domain already has a configuration set');
  });
});

describe('the features of the CDK', () => {
  it('a permissions boundary applies to every role', () => {
    const stack = newStack();
    mailIn(stack);
    const boundary = iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary');
    iam.PermissionsBoundary.of(stack).apply(boundary);
    const roles = resourcesOf(Template.fromStack(stack), 'AWS::IAM::Role');
    expect(roles).toHaveLength(10);
    for (const [, { Properties }] of roles)
      expect(textOf(Properties['PermissionsBoundary'])).toContain('policy/boundary');
  });

  it('an app whose roles exist already can contain the construct, without a role in the template', () => {
    const stack = newStack();
    const roles = [
      'Ingest/Function',
      'Delivery/Deliver',
      'Delivery/Dispatch',
      'Delivery/Recover',
      'Delivery/DeliverMachine/',
      'Delivery/RedeliverMachine/',
      'Delivery/RecoverMachine/',
      'Tally/Function',
      'Api/Function',
      'Api/Authorizer',
    ].map((path) => `App/Mail/${path}Role`);
    iam.Role.customizeRoles(stack, {
      usePrecreatedRoles: Object.fromEntries(roles.map((path) => [path, path.replaceAll('/', '-')])),
    });
    mailIn(stack);
    const template = Template.fromStack(stack);
    expect(resourcesOf(template, 'AWS::IAM::Role')).toEqual([]);
    const { Properties } = resource(template, 'AWS::StepFunctions::StateMachine', 'MailDeliveryRedeliver');
    expect(textOf(Properties['RoleArn'])).toMatch(/:role\/App-Mail-Delivery-RedeliverMachine-Role$/);
  });

  it('an aspect changes the resources that it visits', () => {
    const stack = newStack();
    const mail = mailIn(stack);
    Aspects.of(mail).add({
      visit(node) {
        if (node instanceof lambda.CfnFunction) node.memorySize = 2048;
      },
    });
    const functions = resourcesOf(Template.fromStack(stack), 'AWS::Lambda::Function');
    expect(functions.map(([, { Properties }]) => Properties['MemorySize'])).toEqual(
      Array.from({ length: 7 }, () => 2048),
    );
  });

  it('tags reach the resources that support them', () => {
    const stack = newStack();
    Tags.of(mailIn(stack)).add('team', 'email');
    const template = Template.fromStack(stack);
    const tagged = expect.arrayContaining([{ Key: 'team', Value: 'email' }]);
    for (const type of ['AWS::Lambda::Function', 'AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::KMS::Key'])
      for (const [, { Properties }] of resourcesOf(template, type))
        expect(Properties['Tags']).toEqual(tagged);
    expect(resource(template, 'AWS::DynamoDB::GlobalTable').Properties['Replicas']).toMatchObject([
      { Tags: tagged },
    ]);
  });

  it('a web ACL can be associated with the stage of the API', () => {
    const stack = newStack();
    const mail = mailIn(stack);
    const association = new wafv2.CfnWebACLAssociation(stack, 'Association', {
      resourceArn: mail.api.deploymentStage.stageArn,
      webAclArn: 'arn:aws:wafv2:us-east-1:000000000000:regional/webacl/mine/1',
    });
    const template = Template.fromStack(stack);
    const { id } = resource(template, 'AWS::ApiGateway::Stage');
    expect(textOf(stack.resolve(association.resourceArn))).toMatch(
      new RegExp(
        `^arn:\\$\\{AWS::Partition\\}:apigateway:\\$\\{AWS::Region\\}::/restapis/\\$\\{\\w+\\}/stages/\\$\\{${id}\\}$`,
      ),
    );
  });
});
