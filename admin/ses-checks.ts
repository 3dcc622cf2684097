import { GetIdentityNotificationAttributesCommand } from '@aws-sdk/client-ses';
import {
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetEmailIdentityCommand,
  type GetEmailIdentityResponse,
} from '@aws-sdk/client-sesv2';
import { OUTCOME_EVENT_TYPES } from '../lambdas/core/ses-event-types.ts';
import { failed, notChecked, ok, warning, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';

export async function checkAccount({ ses }: Deployment): Promise<Finding> {
  const account = await ses.send(new GetAccountCommand({}));
  const { EnforcementStatus: status } = account;
  if (account.SendingEnabled === false || status === 'SHUTDOWN')
    return failed('SES has paused sending for this account and region');
  if (status !== undefined && status !== 'HEALTHY') return warning(`SES says the account is ${status}`);
  return account.ProductionAccessEnabled
    ? ok('out of the sandbox')
    : warning(
        'in the sandbox: only verified addresses and the mailbox simulator get mail',
        'ask for production access in the SES console',
      );
}

const MUCH_OF_QUOTA = 0.9;

export async function checkQuota({ ses }: Deployment): Promise<Finding> {
  const { SendQuota: { Max24HourSend: most, SentLast24Hours: sent } = {} } = await ses.send(
    new GetAccountCommand({}),
  );
  if (most === undefined || sent === undefined) return notChecked('SES does not tell it');
  // https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html
  if (most === -1) return ok(`${sent} mails of the day are sent, of as many as you like`);
  const said = `${sent} of ${most} mails of the day are sent`;
  const advice = 'ask for a higher quota in the SES console';
  if (sent >= most) return failed(`${said}: SES takes no more`, advice);
  return sent > most * MUCH_OF_QUOTA ? warning(said, advice) : ok(said);
}

/**
 * Whatever could be verified for mail from an address, the narrowest first: a domain covers its subdomains.
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
  if (from === undefined) return notChecked('no sender was given: --from');
  const found = await findIdentities(deployment, from);
  const [narrowest] = found;
  if (!narrowest) return failed(`SES knows neither ${from} nor its domain`, 'verify it in the SES console');
  const verified = found.find((each) => each.VerifiedForSendingStatus === true);
  if (!verified)
    return failed(`${narrowest.name} is not verified`, 'finish its verification in the SES console');
  const tracked =
    narrowest.ConfigurationSetName === deployment.configurationSet
      ? 'all its mail is tracked'
      : 'only mail that names our configuration set is tracked; attach makes it the default';
  return ok(`${verified.name} is verified; ${tracked}`);
}

export async function checkDkim(deployment: Deployment, from: string | undefined): Promise<Finding> {
  if (from === undefined) return notChecked('no sender was given: --from');
  const found = await findIdentities(deployment, from);
  // An address has the DKIM of its domain, unless it was given its own.
  const own = found.find(
    (each) => each.IdentityType !== 'EMAIL_ADDRESS' || each.DkimAttributes?.Status === 'SUCCESS',
  );
  if (!own)
    return found.length === 0
      ? notChecked(`SES knows neither ${from} nor its domain`)
      : warning(`${from} is verified as an address: its domain does not sign its mail`, 'verify the domain');
  const { SigningEnabled: signing, Status: status } = own.DkimAttributes ?? {};
  return signing && status === 'SUCCESS'
    ? ok(`mail from ${own.name} is signed`)
    : warning(`DKIM of ${own.name} is ${status ?? 'unknown'}`, 'publish the DNS records that SES shows');
}

/** Notifications of the identity beside the events of the set: each outcome is published twice, and stored once. */
export async function checkNotifications({ sesV1 }: Deployment, from: string | undefined): Promise<Finding> {
  if (from === undefined) return notChecked('no sender was given: --from');
  const { NotificationAttributes: attributes = {} } = await sesV1.send(
    new GetIdentityNotificationAttributesCommand({ Identities: [...identitiesOf(from)] }),
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

export async function checkConfigurationSet({
  sesConfigurationSets,
  configurationSet,
}: Deployment): Promise<Finding> {
  try {
    const set = await sesConfigurationSets.send(
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

export async function checkDestination({
  sesConfigurationSets,
  configurationSet,
  topicArn,
}: Deployment): Promise<Finding> {
  const { EventDestinations: destinations = [] } = await sesConfigurationSets.send(
    new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName: configurationSet }),
  );
  const ours = destinations.find((each) => each.SnsDestination?.TopicArn === topicArn);
  if (!ours)
    return failed(
      `the configuration set ${configurationSet} has no event destination at our topic`,
      'deploy the stack again: it makes it',
    );
  if (ours.Enabled !== true) return failed(`the event destination ${ours.Name ?? ''} is switched off`);
  const missing = OUTCOME_EVENT_TYPES.filter((type) => !(ours.MatchingEventTypes as string[]).includes(type));
  if (missing.length > 0) return failed(`the event destination leaves out ${missing.join(', ')}`);
  return ok('publishes all event types to the topic');
}
