import { GetAccountSettingsCommand, GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { ListSubscriptionsByTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { failed, notChecked, ok, repairable, warning, type CheckStatus, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { countQuarantine, countMessages, QUARANTINE_DAYS } from './dead-letters.ts';

async function queueArn({ sqs }: Deployment, queueUrl: string): Promise<string> {
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  return attributes?.['QueueArn'] ?? '';
}

/** Subscribes the queue to the topic as the stack does (lib/event-source.ts). */
async function subscribe(deployment: Deployment, endpoint: string): Promise<void> {
  const { sns, topicArn, deadLetterQueues } = deployment;
  const deadLetters = await queueArn(deployment, deadLetterQueues['SourceSubscriptionDeadLetters'] ?? '');
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: endpoint,
      Attributes: {
        RawMessageDelivery: 'true',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters }),
      },
    }),
  );
}

export async function checkSubscription(deployment: Deployment): Promise<Finding> {
  const endpoint = await queueArn(deployment, deployment.queueUrl);
  const { Subscriptions: subscriptions = [] } = await deployment.sns.send(
    new ListSubscriptionsByTopicCommand({ TopicArn: deployment.topicArn }),
  );
  const subscription = subscriptions.find((each) => each.Endpoint === endpoint);
  if (!subscription)
    return repairable(
      'the subscription of the queue to the topic is missing, so published events are lost',
      () => subscribe(deployment, endpoint),
    );
  return subscription.SubscriptionArn === 'PendingConfirmation'
    ? failed('the subscription of the queue is not confirmed')
    : ok('the topic delivers events to the queue');
}

/** A longer queue than ingest can process within seconds. */
const LONG_QUEUE = 1_000;

export async function checkQueue(deployment: Deployment): Promise<Finding> {
  const waiting = await countMessages(deployment, deployment.queueUrl);
  return waiting < LONG_QUEUE
    ? ok(`${waiting} events are waiting`)
    : warning(`${waiting} events are waiting to be stored`, 'see docs/runbook.md#queue-delayed');
}

/**
 * Checks one event source mapping, of the queue or of the table's stream. A mapping of a queue reports no result of its last
 * batch.
 */
async function checkEventSource(
  { lambda }: Deployment,
  [name, id]: readonly [string, string],
): Promise<Finding> {
  const { State: state, LastProcessingResult: result = 'OK' } = await lambda.send(
    new GetEventSourceMappingCommand({ UUID: id }),
  );
  if (state !== 'Enabled') {
    const detail = `${name} is ${state ?? 'in an unknown state'}`;
    return /^(?:Creating|Enabling|Updating)$/.test(state ?? '') ? warning(detail) : failed(detail);
  }
  return /^(?:OK|No records processed)/.test(result)
    ? ok(name)
    : failed(`the last batch of ${name} ended with: ${result}`);
}

export async function checkEventSources(deployment: Deployment): Promise<Finding> {
  const mappings = Object.entries(deployment.eventSourceMappings);
  const findings = await Promise.all(mappings.map((each) => checkEventSource(deployment, each)));
  const detailsOf = (wantedStatus: CheckStatus): string =>
    findings
      .filter(({ status }) => status === wantedStatus)
      .map(({ detail }) => detail)
      .join(', ');
  const failures = detailsOf('failed');
  if (failures !== '')
    return failed(failures, 'enable its event source mapping, or see docs/runbook.md#function-errors');
  const warnings = detailsOf('warning');
  return warnings === '' ? ok(`${detailsOf('ok')} are enabled and report no error`) : warning(warnings);
}

/**
 * With fewer concurrent executions, a burst of events can throttle the API, and Lambda refuses every reservation: it keeps at
 * least 100 executions unreserved. A new account has 10.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
const FEW_EXECUTIONS = 100;

/** Checks how many Lambda functions the account can run at the same time. All functions of the account share this limit. */
export async function checkConcurrency({ lambda, isLocalRun }: Deployment): Promise<Finding> {
  const { AccountLimit: limits } = await lambda.send(new GetAccountSettingsCommand({}));
  const { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved = limit } = limits ?? {};
  if (limit === undefined) return notChecked('Lambda did not return the limit');
  if (isLocalRun === true) return ok(`${limit} concurrent executions, the limit of the local run`);
  if (limit < FEW_EXECUTIONS)
    return warning(
      `${limit} concurrent executions, which all functions of the account share: a burst of events can throttle the API`,
      'request 1000 for the quota "Concurrent executions" of AWS Lambda (L-B99A9384) in Service Quotas, see docs/runbook.md#functions-throttled',
    );
  return ok(`${limit} concurrent executions, ${unreserved} of them not reserved`);
}

export async function checkDeadLetters(deployment: Deployment): Promise<Finding> {
  const queues = Object.entries(deployment.deadLetterQueues);
  const depths = await Promise.all(queues.map(([, url]) => countMessages(deployment, url)));
  const nonEmpty = queues.flatMap(([name], index) => {
    const depth = depths[index] ?? 0;
    return depth > 0 ? [`${name} holds ${depth}`] : [];
  });
  return nonEmpty.length === 0
    ? ok(`all ${queues.length} are empty`)
    : failed(`not empty: ${nonEmpty.join(', ')}`, 'npx ivymail-events redrive list');
}

export async function checkQuarantine(deployment: Deployment): Promise<Finding> {
  const counts = [...(await countQuarantine(deployment))];
  return counts.length === 0
    ? ok(`no messages in the last ${QUARANTINE_DAYS} days`)
    : warning(
        `quarantined in the last ${QUARANTINE_DAYS} days: ${counts.map(([reason, count]) => `${count} ${reason}`).join(', ')}`,
        'see docs/runbook.md#quarantine',
      );
}
