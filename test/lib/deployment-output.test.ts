import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import {
  DESCRIPTION_LABEL,
  parseDescription,
  type DeploymentDescription,
} from '../../lambdas/core/deployment-description.ts';
import { VERSION } from '../../lambdas/core/version.ts';
import { IvyMailEvents } from '../../lib/ivy-mail-events.ts';
import { templateOf, type Resource } from '../../pages/template.ts';

const ACCOUNT = '123456789012';
const REGION = 'ap-northeast-1';
/** The longest name of a stack that CloudFormation accepts. */
const STACK_NAME = 'A'.repeat(128);

/** The longest value of a `Ref` that AWS generates for each type of resource. */
const REF: Readonly<Record<string, string>> = {
  'AWS::SQS::Queue': `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${'q'.repeat(80)}`,
  'AWS::SNS::Topic': `arn:aws:sns:${REGION}:${ACCOUNT}:${'t'.repeat(80)}`,
  'AWS::DynamoDB::GlobalTable': 't'.repeat(255),
  'AWS::Lambda::Function': 'f'.repeat(64),
  'AWS::Lambda::EventSourceMapping': '12345678-1234-1234-1234-123456789012',
  'AWS::StepFunctions::StateMachine': `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${'m'.repeat(80)}`,
  'AWS::SES::ConfigurationSet': 'c'.repeat(64),
  'AWS::SES::ConfigurationSetEventDestination': 'd'.repeat(64),
  'AWS::ApiGateway::RestApi': 'abcdefghij',
  'AWS::ApiGateway::Stage': 'prod',
};
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`;
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': STACK_NAME,
};

/** Resolves a CloudFormation value as a deployment with the longest names would. */
function resolved(value: unknown, resources: Readonly<Record<string, Resource>>): string {
  if (typeof value === 'string') return value;
  const [[name, argument] = ['', undefined]] = Object.entries(value as object);
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => resolved(part, resources)).join(separator);
  }
  if (name === 'Fn::GetAtt' && resources[(argument as string[])[0] ?? '']?.Type === 'AWS::KMS::Key')
    return KEY_ARN;
  const id = String(argument);
  const text = name === 'Ref' ? (PSEUDO[id] ?? REF[resources[id]?.Type ?? '']) : undefined;
  if (text === undefined) throw new Error(`The test does not know ${JSON.stringify(value)}`);
  return text;
}

function valuesOf(template: Template): readonly string[] {
  const { Resources } = template.toJSON() as { Resources: Record<string, Resource> };
  return Object.values(template.findOutputs('*') as Record<string, { Value: unknown; Description: string }>)
    .filter(({ Description }) => Description === DESCRIPTION_LABEL)
    .map(({ Value }) => resolved(Value, Resources));
}

function descriptionsOf(template: Template): readonly (DeploymentDescription | undefined)[] {
  return valuesOf(template).map((value) => parseDescription(value));
}

describe('the output of the construct', () => {
  const [description] = descriptionsOf(templateOf());

  it('describes the deployment as JSON', () => {
    expect(description).toEqual({
      format: 1,
      version: VERSION,
      construct: 'Ivy',
      api_id: 'abcdefghij',
      api_url: `https://abcdefghij.execute-api.${REGION}.amazonaws.com/prod/`,
      configuration_set: REF['AWS::SES::ConfigurationSet'],
      event_destination: REF['AWS::SES::ConfigurationSetEventDestination'],
      track_engagement: false,
      default_workspace_id: expect.stringMatching(/^ws_[a-z2-7]{26}$/),
      topic_arn: REF['AWS::SNS::Topic'],
      queue_url: REF['AWS::SQS::Queue'],
      table_name: REF['AWS::DynamoDB::GlobalTable'],
      secrets_key_arn: KEY_ARN,
      alarm_topic_arn: REF['AWS::SNS::Topic'],
      dead_letter_queues: {
        SourceDeadLetters: REF['AWS::SQS::Queue'],
        SourceSubscriptionDeadLetters: REF['AWS::SQS::Queue'],
        DeliveryDispatchDeadLetters: REF['AWS::SQS::Queue'],
        DeliveryDeliverDeadLetters: REF['AWS::SQS::Queue'],
        TallyDeadLetters: REF['AWS::SQS::Queue'],
      },
      event_source_mappings: {
        Ingest: REF['AWS::Lambda::EventSourceMapping'],
        DeliveryDispatch: REF['AWS::Lambda::EventSourceMapping'],
        Tally: REF['AWS::Lambda::EventSourceMapping'],
      },
      functions: Object.fromEntries(
        [
          'Ingest',
          'DeliveryDispatch',
          'DeliveryDeliver',
          'DeliveryRecover',
          'Tally',
          'Api',
          'ApiAuthorizer',
        ].map((name) => [name, REF['AWS::Lambda::Function']]),
      ),
      deliver_machine_arn: REF['AWS::StepFunctions::StateMachine'],
      redeliver_machine_arn: REF['AWS::StepFunctions::StateMachine'],
      recover_machine_arn: REF['AWS::StepFunctions::StateMachine'],
    });
  });

  it('has fewer than 4,096 characters if every generated name has its greatest length', () => {
    const [value = ''] = valuesOf(templateOf());
    expect(value.length).toBeGreaterThan(2_000);
    expect(value.length).toBeLessThan(4_096);
  });

  it('names the path of the construct in its stack', () => {
    const stack = new Stack(new App(), 'App');
    // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
    new IvyMailEvents(stack, 'Mail');
    expect(descriptionsOf(Template.fromStack(stack)).map((each) => each?.construct)).toEqual(['Mail']);
  });
});

describe('parseDescription', () => {
  it.each(['', 'https://example.com/', '12', 'null', '[]', '{"format":1}', '{'])(
    'returns undefined for another output: %s',
    (value) => {
      expect(parseDescription(value)).toBeUndefined();
    },
  );

  it('refuses the description of a later format and names the version that can read it', () => {
    const later = JSON.stringify({ format: 2, version: '9.1.0', construct: 'Mail', configuration_set: 'x' });
    expect(() => parseDescription(later)).toThrow('Mail was made by version 9.1.0');
  });
});
