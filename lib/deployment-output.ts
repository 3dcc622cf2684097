import { CfnOutput, Stack } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import {
  DESCRIPTION_FORMAT,
  DESCRIPTION_LABEL,
  type DeploymentDescription,
} from '../lambdas/core/deployment-description.ts';
import { DEFAULT_WORKSPACE_ID } from '../lambdas/core/ids.ts';
import { VERSION } from '../lambdas/core/version.ts';
import type { IvyMailEvents } from './ivy-mail-events.ts';
import { pathInStack } from './names.ts';

/** The parts of a deployment that the construct does not expose. */
export interface DeploymentParts {
  readonly eventDestinationName: string;
  readonly trackEngagement: boolean;
  readonly mappings: Readonly<Record<'ingest' | 'dispatch' | 'tally', lambda.EventSourceMapping>>;
}

function describe(ivy: IvyMailEvents, parts: DeploymentParts): DeploymentDescription {
  const { queues, functions, stateMachines } = ivy;
  return {
    format: DESCRIPTION_FORMAT,
    version: VERSION,
    construct: pathInStack(ivy),
    api_id: ivy.api.restApiId,
    api_url: ivy.url,
    configuration_set: ivy.configurationSetName,
    event_destination: parts.eventDestinationName,
    track_engagement: parts.trackEngagement,
    default_workspace_id: DEFAULT_WORKSPACE_ID,
    topic_arn: ivy.topic.topicArn,
    queue_url: queues.events.queueUrl,
    table_name: ivy.table.tableName,
    secrets_key_arn: ivy.secretsKey.keyArn,
    alarm_topic_arn: ivy.alarmTopic.topicArn,
    dead_letter_queues: {
      SourceDeadLetters: queues.ingestDeadLetters.queueUrl,
      SourceSubscriptionDeadLetters: queues.subscriptionDeadLetters.queueUrl,
      DeliveryDispatchDeadLetters: queues.dispatchDeadLetters.queueUrl,
      DeliveryDeliverDeadLetters: queues.deliverDeadLetters.queueUrl,
      TallyDeadLetters: queues.tallyDeadLetters.queueUrl,
    },
    event_source_mappings: {
      Ingest: parts.mappings.ingest.eventSourceMappingId,
      DeliveryDispatch: parts.mappings.dispatch.eventSourceMappingId,
      Tally: parts.mappings.tally.eventSourceMappingId,
    },
    functions: {
      Ingest: functions.ingest.functionName,
      DeliveryDispatch: functions.dispatch.functionName,
      DeliveryDeliver: functions.deliver.functionName,
      DeliveryRecover: functions.recover.functionName,
      Tally: functions.tally.functionName,
      Api: functions.api.functionName,
      ApiAuthorizer: functions.authorizer.functionName,
    },
    deliver_machine_arn: stateMachines.deliver.stateMachineArn,
    redeliver_machine_arn: stateMachines.redeliver.stateMachineArn,
    recover_machine_arn: stateMachines.recover.stateMachineArn,
  };
}

/** Adds the output from which the `ivymail-events` command reads the deployment. */
export function addDeploymentOutput(ivy: IvyMailEvents, parts: DeploymentParts): void {
  // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
  new CfnOutput(ivy, 'Deployment', {
    description: DESCRIPTION_LABEL,
    value: Stack.of(ivy).toJsonString(describe(ivy, parts)),
  });
}
