import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as ses from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';
import { DEFAULT_WORKSPACE_ID } from '../lambdas/core/ids.ts';
import { IvyMailEvents } from './ivy-mail-events.ts';
import { resolveOptions, type ResolvedOptions, type StackOptions } from './options.ts';
import type { IvyMailEventsProps } from './props.ts';

export interface IvyMailStackProps extends StackProps {
  readonly options: StackOptions;
}

/** The props of the construct for the options of this project's stack, which name existing resources by text. */
function propsOf(stack: Stack, options: ResolvedOptions): IvyMailEventsProps {
  const { domain, configurationSet, alarmEmail, deliverConcurrency, consumerConcurrency, ...same } = options;
  return {
    ...same,
    ...(alarmEmail !== undefined && { alarmEmail }),
    ...(deliverConcurrency !== undefined && { deliverConcurrency }),
    ...(consumerConcurrency !== undefined && { consumerConcurrency }),
    ...(configurationSet !== undefined && {
      configurationSet: ses.ConfigurationSet.fromConfigurationSetName(
        stack,
        'ConfigurationSet',
        configurationSet,
      ),
    }),
    ...(domain && {
      domain: {
        name: domain.name,
        certificate: acm.Certificate.fromCertificateArn(stack, 'Certificate', domain.certificateArn),
        hostedZone: route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
          hostedZoneId: domain.hostedZoneId,
          zoneName: domain.name,
        }),
      },
    }),
    removalPolicy:
      options.removalPolicy === 'retain' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  };
}

/** A stack that contains only the construct, with the outputs that an operator needs. */
export class IvyMailStack extends Stack {
  /** Throws an Error that names each option that is invalid or unknown. */
  constructor(scope: Construct, id: string, { options, ...props }: IvyMailStackProps) {
    super(scope, id, props);
    const ivy = new IvyMailEvents(this, 'Ivy', propsOf(this, resolveOptions(options)));
    addReadableOutputs(this, ivy);
  }
}

/** Adds the outputs that a person reads. The command reads the output of the construct. */
export function addReadableOutputs(stack: Stack, ivy: IvyMailEvents): void {
  const output = (name: string, value: string, description: string): void => {
    // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
    new CfnOutput(stack, name, { value, description });
  };
  output('ApiUrl', ivy.url, 'Base URL of the API');
  output('ApiId', ivy.api.restApiId, 'Id of the REST API');
  output(
    'ConfigurationSetName',
    ivy.configurationSetName,
    'Configuration set: email sent with it is tracked',
  );
  output(
    'DefaultWorkspaceId',
    DEFAULT_WORKSPACE_ID,
    'Workspace of email that has neither the tag nor the configuration set of a workspace',
  );
  output('TopicArn', ivy.topic.topicArn, 'SNS topic to which SES publishes events');
  output('QueueUrl', ivy.queues.events.queueUrl, 'SQS queue of events that wait to be stored');
  output('TableName', ivy.table.tableName, 'DynamoDB table of events, deliveries, endpoints and API keys');
  output('SecretsKeyArn', ivy.secretsKey.keyArn, 'KMS key that encrypts webhook secrets');
  output('AlarmTopicArn', ivy.alarmTopic.topicArn, 'SNS topic to which every alarm is published');
}
