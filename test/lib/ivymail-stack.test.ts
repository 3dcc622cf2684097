import { describe, expect, it } from 'vitest';
import { resource, resourcesOf, templateOf, type Resource } from '../../pages/template.ts';

const template = templateOf();
const allResources = Object.entries((template.toJSON() as { Resources: Record<string, Resource> }).Resources);

describe('IvyMailStack', () => {
  it('refuses an unknown option', () => {
    expect(() => templateOf({ retention: 30 } as object)).toThrow('retention: there is no such option');
  });

  it('has exactly these resources', () => {
    const counts: Record<string, number> = {};
    for (const [, { Type }] of allResources) counts[Type] = (counts[Type] ?? 0) + 1;

    expect(counts).toEqual({
      // From SES to the queue.
      'AWS::SES::ConfigurationSet': 1,
      'AWS::SES::ConfigurationSetEventDestination': 1,
      'AWS::SNS::Topic': 2,
      'AWS::SNS::TopicPolicy': 2,
      'AWS::SNS::Subscription': 1,
      'AWS::SQS::Queue': 6,
      'AWS::SQS::QueuePolicy': 6,
      // Storage.
      'AWS::DynamoDB::GlobalTable': 1,
      'AWS::KMS::Key': 1,
      // The functions ingest, dispatch, deliver, recover, tally, api and authorizer, and three state machines.
      'AWS::Lambda::Function': 7,
      'AWS::Lambda::EventSourceMapping': 3,
      'AWS::Lambda::Permission': 13,
      'AWS::StepFunctions::StateMachine': 3,
      'AWS::IAM::Role': 10,
      'AWS::IAM::Policy': 10,
      'AWS::Logs::LogGroup': 8,
      // The API.
      'AWS::ApiGateway::RestApi': 1,
      'AWS::ApiGateway::Deployment': 1,
      'AWS::ApiGateway::Stage': 1,
      'AWS::ApiGateway::Resource': 11,
      'AWS::ApiGateway::Method': 12,
      'AWS::ApiGateway::Authorizer': 1,
      'AWS::ApiGateway::GatewayResponse': 16,
      // The alarms.
      'AWS::CloudWatch::Alarm': 26,
    });
  });

  it('is byte-equal if it is synthesized again', () => {
    expect(JSON.stringify(templateOf().toJSON())).toBe(JSON.stringify(template.toJSON()));
  });

  it('contains no path of the machine', () => {
    expect(JSON.stringify(template.toJSON())).not.toContain(process.cwd());
  });

  it('has these outputs', () => {
    const names = Object.keys(template.findOutputs('*')).map((name) => name.replace(/[0-9A-F]{8}$/, ''));
    expect(names.toSorted()).toEqual([
      'AlarmTopicArn',
      'ApiId',
      'ApiUrl',
      'ConfigurationSetName',
      'DefaultWorkspaceId',
      'IvyDeployment',
      'QueueUrl',
      'SecretsKeyArn',
      'TableName',
      'TopicArn',
    ]);
  });

  const retained = (resources: typeof allResources): string[] =>
    resources
      .filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete')
      .map(([, { Type, DeletionPolicy }]) => `${Type} ${DeletionPolicy}`)
      // Every change of the API replaces the deployment. No data depends on it.
      .filter((type) => type !== 'AWS::ApiGateway::Deployment Retain')
      .toSorted();

  it('retains the table, the key and the configuration set when it is destroyed', () => {
    expect(retained(allResources)).toEqual([
      'AWS::DynamoDB::GlobalTable Retain',
      'AWS::KMS::Key RetainExceptOnCreate',
      'AWS::SES::ConfigurationSet RetainExceptOnCreate',
    ]);
  });

  it('also retains them when an update replaces them, and protects the table', () => {
    const replaced = allResources.filter(([, each]) => each.UpdateReplacePolicy === 'Retain');
    expect(
      replaced.map(([, { Type }]) => Type).filter((type) => type !== 'AWS::ApiGateway::Deployment'),
    ).toEqual(
      expect.arrayContaining(['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::SES::ConfigurationSet']),
    );
    const replicas = resource(template, 'AWS::DynamoDB::GlobalTable').Properties['Replicas'];
    expect(replicas).toMatchObject([{ DeletionProtectionEnabled: true }]);
  });

  it('retains only the configuration set with removalPolicy destroy', () => {
    const resources = Object.entries(
      (templateOf({ removalPolicy: 'destroy' }).toJSON() as { Resources: Record<string, Resource> })
        .Resources,
    );

    expect(retained(resources)).toEqual(['AWS::SES::ConfigurationSet RetainExceptOnCreate']);
  });

  it('passes the options to the functions', () => {
    const functions = resourcesOf(
      templateOf({
        retentionDays: 7,
        allowInsecureEndpoints: true,
        retry: { count: 1 },
        autoSuppress: { complaints: false },
        reputation: { pauseConfigurationSet: true },
      }),
      'AWS::Lambda::Function',
    );
    const environment = Object.assign(
      {},
      ...functions.map(([, fn]) => (fn.Properties['Environment'] as { Variables: object }).Variables),
    ) as Record<string, unknown>;

    expect(environment).toMatchObject({
      IVYMAIL_RETENTION_DAYS: '7',
      IVYMAIL_ALLOW_INSECURE_ENDPOINTS: 'true',
      IVYMAIL_RETRY: '{"firstDelaySeconds":60,"factor":5,"count":1}',
      IVYMAIL_AUTO_SUPPRESS: '{"hardBounces":true,"complaints":false}',
      IVYMAIL_REPUTATION: '{"pauseConfigurationSet":true}',
    });
  });
});
