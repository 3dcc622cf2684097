import {
  addressOf,
  bounceEvent,
  complaintEvent,
  deliveryEvent,
  recipientsOf,
  rejectEvent,
  sendEvent,
  type Bounce,
  type Complaint,
  type AcceptedEmail,
  type SesEvent,
} from './events.ts';

/** What becomes of a mail at one recipient. */
export interface DeliveryOutcome {
  readonly delivered: boolean;
  readonly bounce?: Bounce;
  readonly complaint?: Complaint;
}

export const DELIVERED: DeliveryOutcome = { delivered: true };

/** By local part. Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html */
const SIMULATED: Readonly<Record<string, DeliveryOutcome>> = {
  bounce: {
    delivered: false,
    bounce: {
      type: 'Permanent',
      subType: 'General',
      status: '5.1.1',
      diagnosticCode: 'smtp; 550 5.1.1 user unknown',
      reportingMta: 'dns; a8-50.smtp-out.amazonses.com',
    },
  },
  complaint: {
    delivered: true,
    complaint: { subType: null, feedbackType: 'abuse', userAgent: 'Amazon SES Mailbox Simulator' },
  },
  // The automatic reply comes after the delivery, as a bounce without a delivery status notification.
  ooto: { delivered: true, bounce: { type: 'Transient', subType: 'General' } },
  suppressionlist: {
    delivered: false,
    bounce: {
      type: 'Permanent',
      subType: 'Suppressed',
      status: '5.1.1',
      diagnosticCode:
        'Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.',
      reportingMta: 'dns; amazonses.com',
    },
  },
};

/** What SES does with a mail to an address on the account's own suppression list, by the reason it is there for. */
export const SUPPRESSION_OUTCOMES: Readonly<Record<'BOUNCE' | 'COMPLAINT', DeliveryOutcome>> = {
  BOUNCE: {
    delivered: false,
    bounce: {
      type: 'Permanent',
      subType: 'OnAccountSuppressionList',
      status: '5.1.1',
      diagnosticCode:
        'Amazon SES did not send the message to this address because it is on the suppression list for your account.',
      reportingMta: 'dns; amazonses.com',
    },
  },
  COMPLAINT: { delivered: false, complaint: { subType: 'OnAccountSuppressionList' } },
};

/**
 * Local part without label, at the domain of the mailbox simulator or at any domain below `example`, which RFC 2606
 * reserves for examples. Statistics leave out the first, so the second shows what statistics do with each outcome.
 */
const SIMULATED_ADDRESS = /^([^@+]+)(?:\+.*)?@(?:simulator\.amazonses\.com|(?:[^@]+\.)?example)$/i;

/** The outcome that the local part of a simulated address names. An email to any other address is delivered. */
export function simulatedOutcome(recipient: string): DeliveryOutcome {
  const localPart = SIMULATED_ADDRESS.exec(addressOf(recipient))?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(SIMULATED, localPart) ? (SIMULATED[localPart] ?? DELIVERED) : DELIVERED;
}

const DELIVERED_AFTER_MS = 400;
const BOUNCED_AFTER_MS = 600;
const COMPLAINED_AFTER_MS = 900;

/**
 * The events of one mail in their order. SES tells what several recipients share in one event, so one Send, and one
 * event for all that were delivered, bounced or complained alike.
 */
export function outcomeEvents(
  mail: AcceptedEmail,
  outcome: (recipient: string) => DeliveryOutcome,
): readonly SesEvent[] {
  const groups = Map.groupBy(recipientsOf(mail), outcome);
  const delivered = [...groups].flatMap(([each, recipients]) => (each.delivered ? recipients : []));
  return [
    sendEvent(mail),
    ...(delivered.length === 0
      ? []
      : [deliveryEvent(mail, delivered, mail.acceptedAtMs + DELIVERED_AFTER_MS)]),
    ...[...groups].flatMap(([{ bounce }, recipients]) =>
      bounce ? [bounceEvent(mail, recipients, { bounce, atMs: mail.acceptedAtMs + BOUNCED_AFTER_MS })] : [],
    ),
    ...[...groups].flatMap(([{ complaint }, recipients]) =>
      complaint
        ? [complaintEvent(mail, recipients, { complaint, atMs: mail.acceptedAtMs + COMPLAINED_AFTER_MS })]
        : [],
    ),
  ];
}

/** What becomes of a mail in which SES has found a virus: it is accepted, and never sent. */
export function rejectedEmailEvents(mail: AcceptedEmail): readonly SesEvent[] {
  return [sendEvent(mail), rejectEvent(mail)];
}
