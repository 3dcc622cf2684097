import { App, CfnParameter, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { ENV } from '../../lambdas/core/env.ts';
import { IvyMailEvents } from '../../lib/ivy-mail-events.ts';
import type { IvyMailEventsProps } from '../../lib/props.ts';
import { PROPS, resolveProps } from '../../lib/resolve-props.ts';
import { resource, resourcesOf, textOf } from '../../pages/template.ts';

function templateWith(propsOf: (stack: Stack) => IvyMailEventsProps): Template {
  const stack = new Stack(new App(), 'App');
  // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
  new IvyMailEvents(stack, 'Mail', propsOf(stack));
  return Template.fromStack(stack);
}

const number = (stack: Stack, id: string): number =>
  new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
const text = (stack: Stack, id: string): string => new CfnParameter(stack, id).valueAsString;

function environmentOf(template: Template, id: string): Readonly<Record<string, unknown>> {
  const { Properties } = resource(template, 'AWS::Lambda::Function', id);
  return (Properties['Environment'] as { Variables: Record<string, unknown> }).Variables;
}

describe('resolveProps', () => {
  it.each<[string, string, object]>([
    ['retentionDays', '', { retentionDays: 0 }],
    ['retentionDays', '', { retentionDays: '30' }],
    ['trackEngagement', '', { trackEngagement: 'yes' }],
    ['retry.count', '', { retry: { count: 5 } }],
    ['retry.firstDelay', 'there is no such prop', { retry: { firstDelay: 60 } }],
    ['retry', 'longer than 6 h', { retry: { firstDelaySeconds: 3600, factor: 5 } }],
    ['alarmEmail', '', { alarmEmail: 'no-address' }],
    ['alarmTopic', 'ITopic', { alarmTopic: 'arn:aws:sns:us-east-1:000000000000:alarms' }],
    ['domain.certificate', 'ICertificate', { domain: { name: 'events.example.com', certificate: 'arn' } }],
    [
      'domain.name',
      'not a domain name',
      { domain: { name: 'no domain', certificate: { certificateArn: '' } } },
    ],
    ['configurationSet', 'fromConfigurationSetName', { configurationSet: 'mine' }],
    ['encryptionKey', 'IKey', { encryptionKey: 'alias/mine' }],
    ['logRetention', 'RetentionDays', { logRetention: 31 }],
    ['accessLog.destination', 'IAccessLogDestination', { accessLog: { destination: 'group' } }],
    [
      'accessLog.format',
      'AccessLogFormat',
      { accessLog: { destination: { bind: () => ({}) }, format: '$context.requestId' } },
    ],
    ['autoSuppress.softBounces', 'there is no such prop', { autoSuppress: { softBounces: true } }],
    ['throttle.burst', '', { throttle: { burst: 0 } }],
    ['deliverConcurrency', '', { deliverConcurrency: 0 }],
    ['consumerConcurrency', '', { consumerConcurrency: 1 }],
    ['tracing', '', { tracing: 1 }],
    ['removalPolicy', 'DESTROY', { removalPolicy: RemovalPolicy.SNAPSHOT }],
    ['retentiondays', 'there is no such prop', { retentiondays: 30 }],
    ['vpc', 'there is no such prop', { vpc: {} }],
  ])('refuses an invalid or unknown prop and names it: %s', (name, reason, props) => {
    const resolve = (): unknown => resolveProps(props);
    expect(resolve).toThrow(`\n  ${name}: `);
    expect(resolve).toThrow(reason);
  });

  it('accepts undefined for every prop, as a caller in JavaScript passes it', () => {
    const undefineds = Object.fromEntries([...PROPS].map((name) => [name, undefined]));
    expect(resolveProps(undefineds)).toEqual(resolveProps({}));
  });

  it.each(['firstDelaySeconds', 'factor', 'count'])('refuses a token in retry.%s and names it', (part) => {
    const stack = new Stack();
    expect(() => resolveProps({ retry: { [part]: number(stack, 'Number') } })).toThrow(
      new RegExp(`\\n {2}retry\\.${part}: is a token\\. .*at synth$`),
    );
  });

  it('refuses a domain outside its hosted zone, and a region is no domain', () => {
    const stack = new Stack();
    const domain = (name: string) => ({
      name,
      certificate: acm.Certificate.fromCertificateArn(
        stack,
        `C${name}`,
        'arn:aws:acm:us-east-1:0:certificate/a',
      ),
      hostedZone: route53.HostedZone.fromHostedZoneAttributes(stack, `Z${name}`, {
        hostedZoneId: 'Z1',
        zoneName: 'example.com',
      }),
    });
    expect(() => resolveProps({ domain: domain('events.example.org') })).toThrow(
      'domain: the name is not in',
    );
    expect(() => resolveProps({ domain: domain('notexample.com') })).toThrow('domain: the name is not in');
    expect(resolveProps({ domain: domain('events.example.com') }).domain?.name).toBe('events.example.com');
    expect(resolveProps({ domain: domain('example.com') }).domain?.name).toBe('example.com');
  });

  it.each(['example.com.', 'Example.com'])('accepts a domain in the zone %s', (zoneName) => {
    const stack = new Stack();
    const certificate = acm.Certificate.fromCertificateArn(
      stack,
      'C',
      'arn:aws:acm:us-east-1:0:certificate/a',
    );
    const zone = { hostedZoneId: 'Z1', zoneName };
    const hostedZone = route53.HostedZone.fromHostedZoneAttributes(stack, 'Z', zone);
    const domain = { name: 'events.example.com', certificate, hostedZone };
    expect(resolveProps({ domain }).domain).toEqual(domain);
  });
});

describe('a prop accepts a token', () => {
  const template = templateWith((stack) => ({
    retentionDays: number(stack, 'Days'),
    alarmEmail: text(stack, 'Address'),
    throttle: { ratePerSecond: number(stack, 'Rate'), burst: number(stack, 'Burst') },
    deliverConcurrency: number(stack, 'Deliver'),
    consumerConcurrency: number(stack, 'Consumers'),
    domain: {
      name: text(stack, 'Domain'),
      certificate: acm.Certificate.fromCertificateArn(stack, 'Certificate', text(stack, 'CertificateArn')),
      hostedZone: route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
        hostedZoneId: text(stack, 'ZoneId'),
        zoneName: text(stack, 'ZoneName'),
      }),
    },
    configurationSet: ses.ConfigurationSet.fromConfigurationSetName(stack, 'Set', text(stack, 'SetName')),
    encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:000000000000:key/mine'),
    alarmTopic: sns.Topic.fromTopicArn(stack, 'Topic', text(stack, 'TopicArn')),
  }));

  it('for retentionDays, in every function that reads it', () => {
    for (const id of ['MailIngest', 'MailTally', 'MailApiFunction'])
      expect(environmentOf(template, id)[ENV.retentionDays]).toEqual({ Ref: 'Days' });
  });

  it('for the concurrencies and the throttle', () => {
    expect(
      resource(template, 'AWS::Lambda::Function', 'MailDeliveryDeliver').Properties[
        'ReservedConcurrentExecutions'
      ],
    ).toEqual({ Ref: 'Deliver' });
    expect(
      resource(template, 'AWS::Lambda::EventSourceMapping', 'MailIngest').Properties['ScalingConfig'],
    ).toEqual({ MaximumConcurrency: { Ref: 'Consumers' } });
    expect(resource(template, 'AWS::ApiGateway::Stage').Properties['MethodSettings']).toMatchObject([
      { ThrottlingRateLimit: { Ref: 'Rate' }, ThrottlingBurstLimit: { Ref: 'Burst' } },
    ]);
  });

  it('for the domain, its certificate and its zone', () => {
    expect(resource(template, 'AWS::ApiGateway::DomainName').Properties).toMatchObject({
      DomainName: { Ref: 'Domain' },
      RegionalCertificateArn: { Ref: 'CertificateArn' },
    });
    const record = resource(template, 'AWS::Route53::RecordSet').Properties;
    expect(textOf(record['Name'])).toBe('${Domain}.');
    expect(record['HostedZoneId']).toEqual({ Ref: 'ZoneId' });
  });

  it('for the address and the topic of the alarms, and creates no topic of its own', () => {
    const [[, subscription] = []] = resourcesOf(template, 'AWS::SNS::Subscription').filter(
      ([, { Properties }]) => Properties['Protocol'] === 'email',
    );
    expect(subscription?.Properties).toMatchObject({
      Endpoint: { Ref: 'Address' },
      TopicArn: { Ref: 'TopicArn' },
    });
    for (const [, { Properties }] of resourcesOf(template, 'AWS::CloudWatch::Alarm'))
      expect(Properties['AlarmActions']).toEqual([{ Ref: 'TopicArn' }]);
    expect(resourcesOf(template, 'AWS::SNS::Topic')).toHaveLength(1);
  });

  it('for the configuration set', () => {
    expect(resourcesOf(template, 'AWS::SES::ConfigurationSet')).toEqual([]);
    expect(
      resource(template, 'AWS::SES::ConfigurationSetEventDestination').Properties['ConfigurationSetName'],
    ).toEqual({ Ref: 'SetName' });
  });
});

describe('encryptionKey', () => {
  it('is used instead of an own key, with a permission for each function that needs it', () => {
    const template = templateWith((stack) => ({ encryptionKey: new kms.Key(stack, 'Mine') }));
    const { id } = resource(template, 'AWS::KMS::Key');
    expect(id).toMatch(/^Mine/);
    for (const [name, actions] of [
      ['MailApiFunction', ['kms:Encrypt', 'kms:Decrypt']],
      ['MailDeliveryDeliver', 'kms:Decrypt'],
    ] as const) {
      expect(environmentOf(template, name)[ENV.secretsKeyArn]).toEqual({ 'Fn::GetAtt': [id, 'Arn'] });
      expect(JSON.stringify(resource(template, 'AWS::IAM::Policy', `${name}RoleDefaultPolicy`))).toContain(
        JSON.stringify({ Action: actions, Effect: 'Allow', Resource: { 'Fn::GetAtt': [id, 'Arn'] } }),
      );
    }
  });
});

it('encryptionKey refuses an alias for which the CDK grants nothing, because no webhook could be signed', () => {
  expect(() =>
    templateWith((stack) => ({ encryptionKey: kms.Alias.fromAliasName(stack, 'Mine', 'alias/mine') })),
  ).toThrow('encryptionKey: the CDK cannot grant permission to use App/Mine');
});

describe('logRetention', () => {
  it('applies to every log group', () => {
    const template = templateWith(() => ({ logRetention: logs.RetentionDays.ONE_YEAR }));
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');
    expect(groups.map(([, { Properties }]) => Properties['RetentionInDays'])).toEqual(
      Array.from({ length: 8 }, () => 365),
    );
  });

  it('stores the log lines without end with INFINITE', () => {
    const template = templateWith(() => ({ logRetention: logs.RetentionDays.INFINITE }));
    for (const [, { Properties }] of resourcesOf(template, 'AWS::Logs::LogGroup'))
      expect((Properties as object | undefined) ?? {}).not.toHaveProperty('RetentionInDays');
  });
});

describe('accessLog', () => {
  const template = templateWith((stack) => ({
    accessLog: { destination: new apigateway.LogGroupLogDestination(new logs.LogGroup(stack, 'Access')) },
  }));

  it('is set on the stage, and its default format contains no path, because a path contains recipients', () => {
    const settings = resource(template, 'AWS::ApiGateway::Stage').Properties['AccessLogSetting'] as {
      DestinationArn: unknown;
      Format: string;
    };
    expect(JSON.stringify(settings.DestinationArn)).toContain('Access');
    expect(settings.Format).toContain('$context.requestId');
    expect(settings.Format).not.toMatch(/\$context\.path/);
  });

  it('does not set the role of the account, which other APIs use', () => {
    expect(resourcesOf(template, 'AWS::ApiGateway::Account')).toEqual([]);
  });
});

describe('domain', () => {
  it('creates no record without a hosted zone', () => {
    const template = templateWith((stack) => ({
      domain: {
        name: 'events.example.com',
        certificate: acm.Certificate.fromCertificateArn(stack, 'C', 'arn:aws:acm:us-east-1:0:certificate/a'),
      },
    }));
    expect(resourcesOf(template, 'AWS::Route53::RecordSet')).toEqual([]);
    expect(resource(template, 'AWS::ApiGateway::DomainName').Properties['DomainName']).toBe(
      'events.example.com',
    );
  });

  it('creates the record in a zone of which the app knows only the id', () => {
    const template = templateWith((stack) => ({
      domain: {
        name: 'events.example.com',
        certificate: acm.Certificate.fromCertificateArn(stack, 'C', 'arn:aws:acm:us-east-1:0:certificate/a'),
        hostedZone: route53.HostedZone.fromHostedZoneId(stack, 'Z', 'Z1'),
      },
    }));
    expect(resource(template, 'AWS::Route53::RecordSet').Properties).toMatchObject({
      HostedZoneId: 'Z1',
      Name: 'events.example.com.',
    });
  });
});

it('alarmEmail is subscribed once to a topic that several constructs share', () => {
  const stack = new Stack(new App(), 'App');
  const alarmTopic = new sns.Topic(stack, 'Mine');
  for (const id of ['One', 'Two'])
    // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
    new IvyMailEvents(stack, id, { alarmTopic, alarmEmail: 'ops@example.com' });
  const emails = resourcesOf(Template.fromStack(stack), 'AWS::SNS::Subscription').filter(
    ([, { Properties }]) => Properties['Protocol'] === 'email',
  );
  expect(emails).toHaveLength(1);
});

describe('removalPolicy', () => {
  const policies = (removalPolicy?: RemovalPolicy): unknown[] => {
    const template = templateWith(() => (removalPolicy === undefined ? {} : { removalPolicy }));
    return ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::SES::ConfigurationSet'].map(
      (type) => resource(template, type).DeletionPolicy,
    );
  };

  it.each([
    [undefined, ['Retain', 'RetainExceptOnCreate', 'RetainExceptOnCreate']],
    [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, ['Retain', 'RetainExceptOnCreate', 'RetainExceptOnCreate']],
    [RemovalPolicy.RETAIN, ['Retain', 'Retain', 'RetainExceptOnCreate']],
    [RemovalPolicy.DESTROY, ['Delete', 'Delete', 'RetainExceptOnCreate']],
  ])('%s applies to the table and the key, and not to the configuration set', (policy, expected) => {
    expect(policies(policy)).toEqual(expected);
  });

  it('protects the table unless the policy is DESTROY', () => {
    const isProtected = (removalPolicy: RemovalPolicy): unknown =>
      resource(
        templateWith(() => ({ removalPolicy })),
        'AWS::DynamoDB::GlobalTable',
      ).Properties['Replicas'];
    expect(isProtected(RemovalPolicy.RETAIN)).toMatchObject([{ DeletionProtectionEnabled: true }]);
    expect(isProtected(RemovalPolicy.DESTROY)).toMatchObject([{ DeletionProtectionEnabled: false }]);
  });
});
