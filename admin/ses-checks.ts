import { GetIdentityNotificationAttributesCommand } from '@aws-sdk/client-ses';
import {
  CreateConfigurationSetCommand,
  CreateConfigurationSetEventDestinationCommand,
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetEmailIdentityCommand,
  UpdateConfigurationSetEventDestinationCommand,
  type EventType,
  type GetEmailIdentityResponse,
} from '@aws-sdk/client-sesv2';
import { ENGAGEMENT_EVENT_TYPES, OUTCOME_EVENT_TYPES } from '../lambdas/core/ses-event-types.ts';
import { failed, notChecked, ok, repairable, warning, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';

export async function checkAccount({ ses }: Deployment): Promise<Finding> {
  const account = await ses.send(new GetAccountCommand({}));
  const { EnforcementStatus: status } = account;
  if (account.SendingEnabled === false || status === 'SHUTDOWN')
    return failed('SES has paused sending for this account and region');
  if (status !== undefined && status !== 'HEALTHY')
    return warning(`the SES account has the status ${status}`);
  return account.ProductionAccessEnabled
    ? ok('not in the SES sandbox')
    : warning(
        'in the SES sandbox: only verified addresses and the mailbox simulator receive email',
        'request production access in the SES console',
      );
}

const QUOTA_WARNING_SHARE = 0.9;

export async function checkQuota({ ses }: Deployment): Promise<Finding> {
  const { SendQuota: { Max24HourSend: max, SentLast24Hours: sent } = {} } = await ses.send(
    new GetAccountCommand({}),
  );
  if (max === undefined || sent === undefined) return notChecked('SES did not return the quota');
  // https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html
  if (max === -1) return ok(`${sent} emails sent in the last 24 hours, without a limit`);
  const usage = `${sent} of ${max} emails sent in the last 24 hours`;
  const advice = 'request a higher quota in the SES console';
  if (sent >= max) return failed(`${usage}: SES refuses further emails`, advice);
  return sent > max * QUOTA_WARNING_SHARE ? warning(usage, advice) : ok(usage);
}

/**
 * The identities that could verify a sender, most specific first: the address, its domain, and the parent domains. A domain
 * identity covers its subdomains.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
 */
function identitiesOf(from: string): readonly string[] {
  const [, domain = from] = from.split('@');
  const labels = domain.split('.');
  const domains = labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
  return [...new Set([from, ...domains])];
}

type Identity = GetEmailIdentityResponse & { readonly name: string };

async function findIdentities({ ses }: Deployment, from: string): Promise<readonly Identity[]> {
  const found: Identity[] = [];
  for (const name of identitiesOf(from)) {
    try {
      found.push({ name, ...(await ses.send(new GetEmailIdentityCommand({ EmailIdentity: name }))) });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'NotFoundException')) throw error;
    }
  }
  return found;
}

export async function checkIdentity(deployment: Deployment, from: string | undefined): Promise<Finding> {
  if (from === undefined) return notChecked('no sender: set --from');
  const found = await findIdentities(deployment, from);
  const [mostSpecific] = found;
  if (!mostSpecific)
    return failed(`neither ${from} nor its domain is an SES identity`, 'verify one in the SES console');
  const verified = found.find((each) => each.VerifiedForSendingStatus === true);
  if (!verified)
    return failed(`${mostSpecific.name} is not verified`, 'finish its verification in the SES console');
  const tracked =
    mostSpecific.ConfigurationSetName === deployment.configurationSet
      ? 'all its emails are tracked'
      : 'only emails with our configuration set are tracked (attach makes it the default)';
  return ok(`${verified.name} is verified, and ${tracked}`);
}

export async function checkDkim(deployment: Deployment, from: string | undefined): Promise<Finding> {
  if (from === undefined) return notChecked('no sender: set --from');
  const found = await findIdentities(deployment, from);
  // An address uses the DKIM of its domain, unless it has its own.
  const own = found.find(
    (each) => each.IdentityType !== 'EMAIL_ADDRESS' || each.DkimAttributes?.Status === 'SUCCESS',
  );
  if (!own)
    return found.length === 0
      ? notChecked(`neither ${from} nor its domain is an SES identity`)
      : warning(`only the address ${from} is verified, so its emails are not signed`, 'verify the domain');
  const { SigningEnabled: signing, Status: status } = own.DkimAttributes ?? {};
  return signing && status === 'SUCCESS'
    ? ok(`emails from ${own.name} are signed`)
    : warning(`DKIM of ${own.name} is ${status ?? 'unknown'}`, 'publish the DNS records that SES shows');
}

/** With notifications of the identity in addition to the events of the configuration set, SES publishes each outcome twice. */
export async function checkNotifications({ sesV1 }: Deployment, from: string | undefined): Promise<Finding> {
  if (from === undefined) return notChecked('no sender: set --from');
  const { NotificationAttributes: attributes = {} } = await sesV1.send(
    new GetIdentityNotificationAttributesCommand({ Identities: [...identitiesOf(from)] }),
  );
  const topics = Object.values(attributes).flatMap((each) =>
    [each.BounceTopic, each.ComplaintTopic, each.DeliveryTopic].filter(
      (topic) => topic !== undefined && topic !== '',
    ),
  );
  return topics.length === 0
    ? ok('off, as recommended')
    : warning(
        `on, in addition to the events of the configuration set: ${[...new Set(topics)].join(', ')}`,
        'each outcome is still stored once, but notifications to our topic add cost',
      );
}

export async function checkConfigurationSet({
  sesConfigurationSets,
  configurationSet,
}: Deployment): Promise<Finding> {
  try {
    const set = await sesConfigurationSets.send(
      new GetConfigurationSetCommand({ ConfigurationSetName: configurationSet }),
    );
    return set.SendingOptions?.SendingEnabled === false
      ? failed(`sending with ${configurationSet} is disabled`)
      : ok(configurationSet);
  } catch (error) {
    if (!(error instanceof Error && /NotFound|DoesNotExist/.test(error.name))) throw error;
    return repairable(`the configuration set ${configurationSet} is missing`, () =>
      sesConfigurationSets.send(
        new CreateConfigurationSetCommand({
          ConfigurationSetName: configurationSet,
          ReputationOptions: { ReputationMetricsEnabled: true },
        }),
      ),
    );
  }
}

export async function checkDestination(deployment: Deployment): Promise<Finding> {
  const { sesConfigurationSets: ses, configurationSet, topicArn } = deployment;
  const { EventDestinations: destinations = [] } = await ses.send(
    new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName: configurationSet }),
  );
  const destination = destinations.find((each) => each.SnsDestination?.TopicArn === topicArn);
  const types = [
    ...OUTCOME_EVENT_TYPES,
    ...(deployment.trackEngagement ? ENGAGEMENT_EVENT_TYPES : []),
  ] as readonly EventType[];
  const name = destination?.Name ?? deployment.eventDestination;
  const input = {
    ConfigurationSetName: configurationSet,
    // CloudFormation updates and deletes the destination by this name.
    EventDestinationName: name,
    EventDestination: {
      Enabled: true,
      MatchingEventTypes: [...types],
      SnsDestination: { TopicArn: topicArn },
    },
  };
  if (!destination)
    return repairable(
      `the configuration set ${configurationSet} has no event destination with our topic`,
      () => ses.send(new CreateConfigurationSetEventDestinationCommand(input)),
    );
  const update = () => ses.send(new UpdateConfigurationSetEventDestinationCommand(input));
  if (destination.Enabled !== true) return repairable(`the event destination ${name} is disabled`, update);
  const missing = types.filter((type) => !destination.MatchingEventTypes?.includes(type));
  if (missing.length > 0) return repairable(`the event destination omits ${missing.join(', ')}`, update);
  return ok('publishes all event types to the topic');
}
