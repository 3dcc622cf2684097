import * as z from 'zod';
import { OUTCOME_EVENT_TYPES } from '../../lambdas/core/ses-event-types.ts';
import {
  outcomeEvents,
  simulatedOutcome,
  rejectedEmailEvents,
  SUPPRESSION_OUTCOMES,
  type DeliveryOutcome,
} from './mailbox-simulator.ts';
import { addressOf, recipientsOf, sesMessageId, type AcceptedEmail, type SesEvent } from './events.ts';
import { parseEnvelope, sendEmailRequest } from './request.ts';

/** The parts of the deployed stack that SES uses. */
export interface SesTarget {
  readonly configurationSet: string;
  readonly topicArn: string;
  /** Publishes an event to the topic. */
  publish(event: SesEvent): Promise<void>;
}

export interface SesAccountOptions {
  /** The only verified identity. */
  readonly from: string;
  /** Returns epoch milliseconds. */
  readonly now: () => number;
  readonly newUuid: () => string;
}

/**
 * Status and message of each error. Only the name `MessageRejected` does not end with `Exception`.
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
 */
export const SES_ERRORS = {
  BadRequestException: [400, 'Bad request.'],
  NotFoundException: [404, 'Not found.'],
  MessageRejected: [400, 'Message rejected.'],
  MailFromDomainNotVerifiedException: [400, 'The MAIL FROM domain is not verified.'],
  AccountSuspendedException: [400, 'The account is suspended.'],
  SendingPausedException: [400, 'Email sending is disabled.'],
  LimitExceededException: [400, 'Daily message quota exceeded.'],
  TooManyRequestsException: [429, 'Maximum sending rate exceeded.'],
  InternalServiceErrorException: [500, 'Internal service error.'],
} as const satisfies Record<string, readonly [number, string]>;
export type SesErrorName = keyof typeof SES_ERRORS;

/** An error response of SES. */
export class SesError extends Error {
  override readonly name: SesErrorName;
  constructor(name: SesErrorName, message: string = SES_ERRORS[name][1]) {
    super(message);
    this.name = name;
  }
  get status(): number {
    return SES_ERRORS[this.name][0];
  }
}

/** An SES account with one verified sender, outside the sandbox. Each method returns the response to one call of the v2 API. */
export interface SesAccount {
  /** Connects the account to the deployed stack. Before that, the account rejects every email. */
  connect(target: SesTarget): void;
  /** Publishes all events of the email to the topic, and then returns the response. */
  sendEmail(body: unknown): Promise<unknown>;
  getAccount(): unknown;
  getEmailIdentity(identity: string): unknown;
  putIdentityConfigurationSet(identity: string, body: unknown): unknown;
  getConfigurationSet(name: string): unknown;
  /** Stops or starts sending with the configuration set. */
  putConfigurationSetSendingOptions(name: string, body: unknown): unknown;
  getEventDestinations(name: string): unknown;
  putSuppressedDestination(body: unknown): unknown;
  listSuppressedDestinations(): unknown;
  getSuppressedDestination(address: string): unknown;
  deleteSuppressedDestination(address: string): unknown;
}

interface Suppression {
  readonly EmailAddress: string;
  readonly Reason: 'BOUNCE' | 'COMPLAINT';
  /** Epoch seconds, as in the API. */
  readonly LastUpdateTime: number;
}

const suppressionRequest = z.object({
  EmailAddress: z.string(),
  Reason: z.enum(['BOUNCE', 'COMPLAINT']),
});

/** SES treats a missing value as false. */
const sendingOptionsRequest = z.object({ SendingEnabled: z.boolean().default(false) });

const MAX_RECIPIENTS = 50;
/** The test file that SES treats as a virus: https://www.eicar.org */
const EICAR = 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE';

export function createSesAccount(options: SesAccountOptions): SesAccount {
  /** The default configuration set of the verified identity. */
  let defaultSet: string | undefined;
  const suppressed = new Map<string, Suppression>();
  let target: SesTarget | undefined;
  let sentCount = 0;
  let isSendingEnabled = true;
  /** Epoch seconds of the last time that sending was enabled again. SES then restarts the metrics of the set. */
  let lastFreshStart: number | undefined;

  const isVerified = (address: string): boolean => address.toLowerCase() === options.from.toLowerCase();

  function outcomeFor(recipient: string): DeliveryOutcome {
    const entry = suppressed.get(suppressionKey(recipient));
    return entry ? SUPPRESSION_OUTCOMES[entry.Reason] : simulatedOutcome(recipient);
  }

  function connectedTarget(configurationSet: string | undefined): SesTarget {
    if (target === undefined)
      throw new SesError('InternalServiceErrorException', 'No stack is deployed yet.');
    if (configurationSet !== undefined && configurationSet !== target.configurationSet)
      throw new SesError('NotFoundException', `Configuration set <${configurationSet}> does not exist.`);
    return target;
  }

  function suppressionOf(address: string): Suppression {
    const entry = suppressed.get(suppressionKey(address));
    if (entry !== undefined) return entry;
    throw new SesError(
      'NotFoundException',
      `Email address ${address} does not exist on your suppression list.`,
    );
  }

  return {
    connect(connected) {
      target = connected;
    },

    async sendEmail(body) {
      const envelope = parseEnvelope(parse(sendEmailRequest, body));
      if (envelope === undefined)
        throw new SesError('BadRequestException', 'Only Simple and Raw content is simulated.');
      const { content, configurationSet, ...rest } = envelope;
      const connected = connectedTarget(configurationSet);
      const sender = addressOf(envelope.source);
      if (!isVerified(sender))
        throw new SesError(
          'MessageRejected',
          `Email address is not verified. The following identities failed the check in region US-EAST-1: ${sender}`,
        );
      if (configurationSet !== undefined && !isSendingEnabled)
        throw new SesError(
          'SendingPausedException',
          `Email sending is disabled for the configuration set <${configurationSet}>.`,
        );
      const acceptedAtMs = options.now();
      const messageId = sesMessageId(acceptedAtMs, options.newUuid());
      const email: AcceptedEmail = {
        ...rest,
        acceptedAtMs,
        messageId,
        configurationSet: configurationSet ?? '',
      };
      const count = recipientsOf(email).length;
      if (count === 0 || count > MAX_RECIPIENTS)
        throw new SesError('BadRequestException', `Recipient count is ${count}: it must be 1 to 50.`);
      sentCount += count;
      // Without a configuration set, SES publishes no events.
      if (configurationSet === undefined) return { MessageId: messageId };
      for (const event of content.includes(EICAR)
        ? rejectedEmailEvents(email)
        : outcomeEvents(email, outcomeFor)) {
        await connected.publish(event);
      }
      return { MessageId: messageId };
    },

    getAccount: () => ({
      DedicatedIpAutoWarmupEnabled: false,
      EnforcementStatus: 'HEALTHY',
      ProductionAccessEnabled: true,
      SendingEnabled: true,
      SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: sentCount },
      SuppressionAttributes: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] },
      // A new account starts with this plan.
      PricingAttributes: { CurrentPlan: 'ESSENTIALS' },
      VdmAttributes: { VdmEnabled: 'ENABLED' },
    }),

    getEmailIdentity(identity) {
      if (!isVerified(identity))
        throw new SesError('NotFoundException', `Email identity ${identity} does not exist.`);
      return {
        IdentityType: 'EMAIL_ADDRESS',
        FeedbackForwardingStatus: true,
        VerifiedForSendingStatus: true,
        VerificationStatus: 'SUCCESS',
        // The DKIM records of the address's domain are published.
        DkimAttributes: { SigningEnabled: true, Status: 'SUCCESS' },
        ...(defaultSet !== undefined && { ConfigurationSetName: defaultSet }),
      };
    },

    putIdentityConfigurationSet(identity, body) {
      if (!isVerified(identity))
        throw new SesError('NotFoundException', `Email identity ${identity} does not exist.`);
      const { ConfigurationSetName: name } = z
        .object({ ConfigurationSetName: z.optional(z.string()) })
        .parse(body ?? {});
      if (name !== undefined) connectedTarget(name);
      defaultSet = name;
      return {};
    },

    getConfigurationSet(name) {
      connectedTarget(name);
      return {
        ConfigurationSetName: name,
        SendingOptions: { SendingEnabled: isSendingEnabled },
        ReputationOptions: {
          ReputationMetricsEnabled: true,
          ...(lastFreshStart !== undefined && { LastFreshStart: lastFreshStart }),
        },
      };
    },

    putConfigurationSetSendingOptions(name, body) {
      connectedTarget(name);
      const { SendingEnabled: enabled } = parse(sendingOptionsRequest, body);
      if (enabled && !isSendingEnabled) lastFreshStart = options.now() / 1000;
      isSendingEnabled = enabled;
      return {};
    },

    getEventDestinations: (name) => ({
      EventDestinations: [
        {
          Name: 'events',
          Enabled: true,
          MatchingEventTypes: OUTCOME_EVENT_TYPES,
          SnsDestination: { TopicArn: connectedTarget(name).topicArn },
        },
      ],
    }),

    putSuppressedDestination(body) {
      const request = parse(suppressionRequest, body);
      const LastUpdateTime = options.now() / 1000;
      suppressed.set(suppressionKey(request.EmailAddress), { ...request, LastUpdateTime });
      return {};
    },

    listSuppressedDestinations: () => ({ SuppressedDestinationSummaries: [...suppressed.values()] }),

    getSuppressedDestination: (address) => ({ SuppressedDestination: suppressionOf(address) }),

    deleteSuppressedDestination(address) {
      suppressionOf(address);
      suppressed.delete(suppressionKey(address));
      return {};
    },
  };
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new SesError('BadRequestException', z.prettifyError(parsed.error));
}

/** SES converts only the domain to lower case, so `Ann@` and `ann@` are two entries. */
function suppressionKey(address: string): string {
  const bare = addressOf(address);
  const at = bare.lastIndexOf('@');
  return `${bare.slice(0, at)}${bare.slice(at).toLowerCase()}`;
}
