import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEFAULT_WORKSPACE_ID } from '../lambdas/core/ids.ts';
import { IvyMailEvents } from './ivy-mail-events.ts';
import type { InternalProps } from './internal-props.ts';
import { resolveOptions, type StackOptions } from './options.ts';

export interface IvyMailStackProps extends StackProps {
  readonly options: StackOptions;
  /** @internal For the local run only. Refused without `emulated: true`. */
  readonly internal?: InternalProps;
}

/** The construct in a stack of its own, and what a person needs to know of it. */
export class IvyMailStack extends Stack {
  constructor(scope: Construct, id: string, { options, internal, ...props }: IvyMailStackProps) {
    super(scope, id, props);
    // Resolved here, so that a context value named `internal` is refused like any other name that is no option.
    const resolved = resolveOptions(options);
    const ivy = new IvyMailEvents(this, 'Ivy', { ...resolved, ...(internal && { internal }) });

    const output = (name: string, value: string, description: string): void => {
      // oxlint-disable-next-line no-new -- a construct is placed by making it
      new CfnOutput(this, name, { value, description });
    };
    output('ApiUrl', ivy.url, 'Base address of the API');
    output('ApiId', ivy.api.restApiId, 'Id of the REST API');
    output('ConfigurationSetName', ivy.configurationSetName, 'Mail sent with it is tracked');
    output(
      'DefaultWorkspaceId',
      DEFAULT_WORKSPACE_ID,
      'Owns mail that no tag and no configuration set claims',
    );
    output('TopicArn', ivy.topic.topicArn, 'Where SES publishes events');
    output('QueueUrl', ivy.queue.queueUrl, 'Events that wait to be stored');
    output('TableName', ivy.table.tableName, 'Events, deliveries, endpoints, keys');
    output('SecretsKeyArn', ivy.secretsKey.keyArn, 'Seals webhook secrets');
    output('AlarmTopicArn', ivy.alarmTopic.topicArn, 'Every alarm is published here');
  }
}
