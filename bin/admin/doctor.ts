import { GetIdentityNotificationAttributesCommand } from '@aws-sdk/client-ses';
import {
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetEmailIdentityCommand,
} from '@aws-sdk/client-sesv2';
import { ListSubscriptionsByTopicCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { check, failed, notChecked, ok, warning, type Check, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { endToEndChecks } from './end-to-end.ts';

export interface DoctorOptions {
  /** What mail is to be sent from; the identity that is looked at. */
  readonly from?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Whether to send to the mailbox simulator. */
  readonly send: boolean;
  readonly patienceMs: number;
  /** Called with each check as it is done. */
  readonly onCheck: (done: Check) => void;
}

/** All but opens and clicks, which are an option. */
const EVENT_TYPES = [
  'SEND',
  'REJECT',
  'BOUNCE',
  'COMPLAINT',
  'DELIVERY',
  'RENDERING_FAILURE',
  'DELIVERY_DELAY',
  'SUBSCRIPTION',
];

async function checkApi({ apiUrl }: Deployment, apiKey: string | undefined): Promise<Finding> {
  if (apiKey === undefined) return notChecked('no API key was given: --api-key, or IVYMAIL_API_KEY');
  const answer = await fetch(`${apiUrl}/v1/workspace`, { headers: { 'x-api-key': apiKey } });
  const body = (await answer.json()) as { id?: string; error?: { code: string }; key?: { scopes: string[] } };
  if (answer.status === 401 || answer.status === 403) {
    return failed(
      `the API key is wrong: the API answers ${answer.status} ${body.error?.code ?? ''}`.trim(),
      'npm run admin -- key list shows the keys there are; init --another makes one',
    );
  }
  if (!answer.ok) return failed(`the API answers ${answer.status} ${body.error?.code ?? ''}`.trim());
  const scopes = body.key?.scopes.join(', ') ?? 'none';
  return body.key?.scopes.includes('admin')
    ? ok(`answers as workspace ${body.id ?? ''}`)
    : warning(`the key has the scopes ${scopes}; sending a test needs admin`);
}

async function checkAccount({ ses }: Deployment): Promise<Finding> {
  const account = await ses.send(new GetAccountCommand({}));
  if (account.SendingEnabled === false) return failed('SES has paused sending for this account and region');
  if (account.EnforcementStatus !== undefined && account.EnforcementStatus !== 'HEALTHY')
    return warning(`SES says the account is ${account.EnforcementStatus}`);
  const quota = `${account.SendQuota?.SentLast24Hours ?? 0} of ${account.SendQuota?.Max24HourSend ?? 0} mails of the day are sent`;
  return account.ProductionAccessEnabled
    ? ok(`out of the sandbox; ${quota}`)
    : warning(
        `in the sandbox: only verified addresses and the mailbox simulator get mail; ${quota}`,
        'ask for production access in the SES console',
      );
}

/** An address may be verified by its domain. */
async function findIdentity({ ses }: Deployment, from: string) {
  const [, domain] = from.split('@');
  for (const identity of domain === undefined ? [from] : [from, domain]) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the domain only where the address is none
      return { identity, ...(await ses.send(new GetEmailIdentityCommand({ EmailIdentity: identity }))) };
    } catch (error) {
      if (!(error instanceof Error && error.name === 'NotFoundException')) throw error;
    }
  }
  return undefined;
}

async function checkIdentity(deployment: Deployment, from: string | undefined): Promise<Finding> {
  if (from === undefined) return notChecked('no sender was given: --from');
  const found = await findIdentity(deployment, from);
  if (!found) return failed(`SES knows neither ${from} nor its domain`, 'verify it in the SES console');
  if (found.VerifiedForSendingStatus !== true)
    return failed(`${found.identity} is not verified`, 'finish its verification in the SES console');
  const set = found.ConfigurationSetName;
  const tracked =
    set === deployment.configurationSet
      ? 'all its mail is tracked'
      : 'only mail that names our configuration set is tracked; attach makes it the default';
  return ok(`${found.identity} is verified; ${tracked}`);
}

async function checkDkim(deployment: Deployment, from: string | undefined): Promise<Finding> {
  if (from === undefined) return notChecked('no sender was given: --from');
  const found = await findIdentity(deployment, from);
  if (!found) return notChecked(`SES knows neither ${from} nor its domain`);
  const { SigningEnabled: signing, Status: status } = found.DkimAttributes ?? {};
  if (found.IdentityType === 'EMAIL_ADDRESS' && status !== 'SUCCESS')
    return notChecked(`${found.identity} is an address; DKIM is a matter of its domain`);
  return signing && status === 'SUCCESS'
    ? ok(`mail from ${found.identity} is signed`)
    : warning(
        `DKIM of ${found.identity} is ${status ?? 'unknown'}`,
        'publish the DNS records that SES shows',
      );
}

/** Notifications of the identity beside the events of the set: each outcome is published twice, and stored once. */
async function checkNotifications({ sesV1 }: Deployment, from: string | undefined): Promise<Finding> {
  if (from === undefined) return notChecked('no sender was given: --from');
  const identities = [from, from.split('@')[1] ?? from];
  const { NotificationAttributes: attributes = {} } = await sesV1.send(
    new GetIdentityNotificationAttributesCommand({ Identities: identities }),
  );
  const topics = Object.values(attributes).flatMap((each) =>
    [each.BounceTopic, each.ComplaintTopic, each.DeliveryTopic].filter(
      (topic) => topic !== undefined && topic !== '',
    ),
  );
  return topics.length === 0
    ? ok('off, as they should be')
    : warning(
        `on, beside the events of the configuration set: ${[...new Set(topics)].join(', ')}`,
        'where they come to our topic, each outcome is still one event; they only cost',
      );
}

async function checkConfigurationSet({ sesSets, configurationSet }: Deployment): Promise<Finding> {
  try {
    const set = await sesSets.send(
      new GetConfigurationSetCommand({ ConfigurationSetName: configurationSet }),
    );
    return set.SendingOptions?.SendingEnabled === false
      ? failed(`sending with ${configurationSet} is switched off`)
      : ok(configurationSet);
  } catch (error) {
    if (!(error instanceof Error && /NotFound|DoesNotExist/.test(error.name))) throw error;
    return failed(`the configuration set ${configurationSet} is missing`, 'deploy the stack again');
  }
}

async function checkDestination({ sesSets, configurationSet, topicArn }: Deployment): Promise<Finding> {
  const { EventDestinations: destinations = [] } = await sesSets.send(
    new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName: configurationSet }),
  );
  const ours = destinations.find((each) => each.SnsDestination?.TopicArn === topicArn);
  if (!ours)
    return failed(
      `the configuration set ${configurationSet} has no event destination at our topic`,
      'deploy the stack again: it makes it',
    );
  if (ours.Enabled !== true) return failed(`the event destination ${ours.Name ?? ''} is switched off`);
  const missing = EVENT_TYPES.filter((type) => !(ours.MatchingEventTypes as string[]).includes(type));
  if (missing.length > 0) return failed(`the event destination leaves out ${missing.join(', ')}`);
  return ok('publishes all event types to the topic');
}

async function checkSubscription({ sns, sqs, topicArn, queueUrl }: Deployment): Promise<Finding> {
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

async function depthOf({ sqs }: Deployment, queueUrl: string): Promise<number> {
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return (
    Number(attributes?.['ApproximateNumberOfMessages'] ?? 0) +
    Number(attributes?.['ApproximateNumberOfMessagesNotVisible'] ?? 0)
  );
}

/** More than a moment's work of ingest. */
const MANY_WAITING = 1_000;

async function checkQueue(deployment: Deployment): Promise<Finding> {
  const waiting = await depthOf(deployment, deployment.queueUrl);
  return waiting < MANY_WAITING
    ? ok(`${waiting} events are waiting`)
    : warning(`${waiting} events are waiting to be stored`, 'docs/runbook.md#queue-delayed');
}

async function checkDeadLetters(deployment: Deployment): Promise<Finding> {
  const queues = Object.entries(deployment.deadLetterQueues);
  const depths = await Promise.all(queues.map(([, url]) => depthOf(deployment, url)));
  const full = queues.flatMap(([name], index) => {
    const depth = depths[index] ?? 0;
    return depth > 0 ? [`${name} holds ${depth}`] : [];
  });
  return full.length === 0
    ? ok(`all ${queues.length} are empty`)
    : failed(`not empty: ${full.join(', ')}`, 'npm run admin -- redrive list');
}

/** Looks at everything between SES and the log, then sends through it. In order; each is told as soon as it is known. */
export async function doctor(deployment: Deployment, options: DoctorOptions): Promise<readonly Check[]> {
  const { apiKey, from } = options;
  const looks: readonly (readonly [string, () => Promise<Finding>])[] = [
    ['API and key', () => checkApi(deployment, apiKey)],
    ['SES account', () => checkAccount(deployment)],
    ['sender', () => checkIdentity(deployment, from)],
    ['DKIM', () => checkDkim(deployment, from)],
    ['identity notifications', () => checkNotifications(deployment, from)],
    ['configuration set', () => checkConfigurationSet(deployment)],
    ['event destination', () => checkDestination(deployment)],
    ['subscription', () => checkSubscription(deployment)],
    ['queue', () => checkQueue(deployment)],
    ['dead-letter queues', () => checkDeadLetters(deployment)],
  ];
  const done: Check[] = [];
  function tell(each: Check): void {
    done.push(each);
    options.onCheck(each);
  }
  for (const [name, look] of looks) {
    // oxlint-disable-next-line no-await-in-loop -- in the order in which a mail passes them
    tell(await check(name, look));
  }
  // What is known to be broken on the way would only be waited for.
  const broken = done.some((each) => each.status === 'failed' && each.name !== 'dead-letter queues');
  if (!options.send || broken || apiKey === undefined || from === undefined) {
    const why = !options.send
      ? '--no-send'
      : broken
        ? 'something above has failed'
        : 'it needs --api-key and --from';
    tell({ name: 'end to end', ...notChecked(why) });
    return done;
  }
  for await (const each of endToEndChecks(deployment, { apiKey, from, patienceMs: options.patienceMs }))
    tell(each);
  return done;
}
