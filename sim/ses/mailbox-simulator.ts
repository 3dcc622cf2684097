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

/** The outcome of an email for one recipient. */
export interface DeliveryOutcome {
  readonly delivered: boolean;
  readonly bounce?: Bounce;
  readonly complaint?: Complaint;
}

export const DELIVERED: DeliveryOutcome = { delivered: true };

/** The outcomes by local part. Source: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html */
const SIMULATOR_OUTCOMES: Readonly<Record<string, DeliveryOutcome>> = {
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
  // An automatic reply arrives after the delivery, as a bounce without a delivery status notification.
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

/** The outcomes for addresses on the account's suppression list, by the reason for their suppression. */
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
 * A local part without its `+label`, at the domain of the mailbox simulator or at any domain below `example`, which RFC 2606
 * reserves for examples. Statistics exclude the first domain and include the others, so a local run can show statistics of
 * each outcome.
 */
const SIMULATED_ADDRESS = /^([^@+]+)(?:\+.*)?@(?:simulator\.amazonses\.com|(?:[^@]+\.)?example)$/i;

/** The outcome that the local part of a simulated address names. An email to any other address is delivered. */
export function simulatedOutcome(recipient: string): DeliveryOutcome {
  const localPart = SIMULATED_ADDRESS.exec(addressOf(recipient))?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(SIMULATOR_OUTCOMES, localPart)
    ? (SIMULATOR_OUTCOMES[localPart] ?? DELIVERED)
    : DELIVERED;
}

const DELIVERED_AFTER_MS = 400;
const BOUNCED_AFTER_MS = 600;
const COMPLAINED_AFTER_MS = 900;

/**
 * The events of one email, in order. SES publishes one event for all recipients with the same outcome: one Send, and one
 * event for each kind of delivery, bounce or complaint.
 */
export function outcomeEvents(
  email: AcceptedEmail,
  outcomeFor: (recipient: string) => DeliveryOutcome,
): readonly SesEvent[] {
  // Not `Map.groupBy`: the local run also supports Node 20.
  const groups = new Map<DeliveryOutcome, string[]>();
  for (const recipient of recipientsOf(email)) {
    const outcome = outcomeFor(recipient);
    groups.set(outcome, [...(groups.get(outcome) ?? []), recipient]);
  }
  const delivered = [...groups].flatMap(([each, recipients]) => (each.delivered ? recipients : []));
  return [
    sendEvent(email),
    ...(delivered.length === 0
      ? []
      : [deliveryEvent(email, delivered, email.acceptedAtMs + DELIVERED_AFTER_MS)]),
    ...[...groups].flatMap(([{ bounce }, recipients]) =>
      bounce ? [bounceEvent(email, recipients, { bounce, atMs: email.acceptedAtMs + BOUNCED_AFTER_MS })] : [],
    ),
    ...[...groups].flatMap(([{ complaint }, recipients]) =>
      complaint
        ? [complaintEvent(email, recipients, { complaint, atMs: email.acceptedAtMs + COMPLAINED_AFTER_MS })]
        : [],
    ),
  ];
}

/** The events of an email in which SES found a virus. SES accepts the email and never delivers it. */
export function rejectedEmailEvents(email: AcceptedEmail): readonly SesEvent[] {
  return [sendEvent(email), rejectEvent(email)];
}
