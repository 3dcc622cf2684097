import { GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { ListSubscriptionsByTopicCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { failed, ok, warning, type CheckStatus, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { countQuarantine, countMessages, QUARANTINE_DAYS } from './dead-letters.ts';

export async function checkSubscription({ sns, sqs, topicArn, queueUrl }: Deployment): Promise<Finding> {
  const queue = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  const { Subscriptions: subscriptions = [] } = await sns.send(
    new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }),
  );
  const ours = subscriptions.find((each) => each.Endpoint === queue.Attributes?.['QueueArn']);
  if (!ours)
    return failed(
      'the subscription of the queue to the topic is missing: events are published and lost',
      'remove the subscription from the template, deploy, put it back, deploy: CloudFormation does not see that it is gone',
    );
  return ours.SubscriptionArn === 'PendingConfirmation'
    ? failed('the subscription of the queue is not confirmed')
    : ok('the topic hands events to the queue');
}

/** More than a moment's work of ingest. */
const MANY_WAITING = 1_000;

export async function checkQueue(deployment: Deployment): Promise<Finding> {
  const waiting = await countMessages(deployment, deployment.queueUrl);
  return waiting < MANY_WAITING
    ? ok(`${waiting} events are waiting`)
    : warning(`${waiting} events are waiting to be stored`, 'docs/runbook.md#queue-delayed');
}

/** A reader of the queue or of the table's stream. One of a queue tells no result. */
async function checkReader({ lambda }: Deployment, [name, id]: readonly [string, string]): Promise<Finding> {
  const { State: state, LastProcessingResult: result = 'OK' } = await lambda.send(
    new GetEventSourceMappingCommand({ UUID: id }),
  );
  if (state !== 'Enabled') {
    const said = `${name} is ${state ?? 'in no state'}`;
    return /^(?:Creating|Enabling|Updating)$/.test(state ?? '') ? warning(said) : failed(said);
  }
  return /^(?:OK|No records processed)/.test(result)
    ? ok(name)
    : failed(`${name} says of its last batch: ${result}`);
}

export async function checkEventSources(deployment: Deployment): Promise<Finding> {
  const mappings = Object.entries(deployment.eventSourceMappings);
  const findings = await Promise.all(mappings.map((each) => checkReader(deployment, each)));
  const detailsOf = (wanted: CheckStatus): string =>
    findings
      .filter(({ status }) => status === wanted)
      .map(({ detail }) => detail)
      .join(', ');
  const failures = detailsOf('failed');
  if (failures !== '')
    return failed(failures, 'enable its event source mapping, or docs/runbook.md#function-errors');
  const warnings = detailsOf('warning');
  return warnings === '' ? ok(`${detailsOf('ok')} take what comes`) : warning(warnings);
}

export async function checkDeadLetters(deployment: Deployment): Promise<Finding> {
  const queues = Object.entries(deployment.deadLetterQueues);
  const depths = await Promise.all(queues.map(([, url]) => countMessages(deployment, url)));
  const full = queues.flatMap(([name], index) => {
    const depth = depths[index] ?? 0;
    return depth > 0 ? [`${name} holds ${depth}`] : [];
  });
  return full.length === 0
    ? ok(`all ${queues.length} are empty`)
    : failed(`not empty: ${full.join(', ')}`, 'npm run admin -- redrive list');
}

export async function checkQuarantine(deployment: Deployment): Promise<Finding> {
  const counts = [...(await countQuarantine(deployment))];
  return counts.length === 0
    ? ok(`empty for ${QUARANTINE_DAYS} days`)
    : warning(
        `set aside within ${QUARANTINE_DAYS} days: ${counts.map(([reason, count]) => `${count} ${reason}`).join(', ')}`,
        'docs/runbook.md#quarantine',
      );
}
