/** The email of an application over two weeks, as SES events. */
import {
  clickEvent,
  complaintEvent,
  openEvent,
  rejectEvent,
  renderingFailureEvent,
  subscriptionEvent,
  type AcceptedEmail,
  type Bounce,
  type Engagement,
} from '../sim/ses/events.ts';
import { Dice, seededRandom } from '../sim/random.ts';
import { deferralEvents } from './seed-incidents.ts';
import { sendTimes } from './seed-rhythm.ts';
import {
  EmailWriter,
  HARD_BOUNCE,
  MAILBOX_FULL,
  NEWSLETTER,
  bounced,
  delayed,
  delivered,
  sent,
  timed,
  type SeedEmailOptions,
  type TimedEvent,
} from './seed-writer.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const SEED_DAYS = 14;
const EMAIL_COUNT = 300;
/** The last email with an outcome is sent this long before the end, so that its later events are also before the end. */
const LAST_OUTCOME_MS = 90 * MINUTE_MS;
/** Emails of the last minutes, which have no outcome yet. */
const IN_FLIGHT_COUNT = 8;
const IN_FLIGHT_MS = 12 * MINUTE_MS;

/** The user agent of a link scanner, which opens every email and follows every link before the recipient sees the email. */
const SCANNER = 'Mozilla/5.0 (compatible; ExampleLinkScanner/1.0)';
const LINK = 'https://yourdomain.example/account';

/** The bounce subtypes of an email that SES did not try to deliver. */
const SUPPRESSED_SUBTYPES = [
  'OnAccountSuppressionList',
  'Suppressed',
  'OnTenantSuppressionList',
  'EmailValidationSuppressed',
  'UnsubscribedRecipient',
];

function suppressed(subType: string): Bounce {
  return {
    type: 'Permanent',
    subType,
    status: '5.1.1',
    diagnosticCode: `Amazon SES did not send the message to this address (${subType}).`,
    reportingMta: 'dns; amazonses.com',
  };
}

/**
 * Returns the SES events of two weeks of an application's email, oldest first. There are more emails by day than by night
 * and at weekends. The last days contain every status. The emails of the last minutes have no outcome yet.
 */
export function simulateEmails(options: SeedEmailOptions): readonly TimedEvent[] {
  const { nowMs, seed } = options;
  const dice = new Dice(seededRandom(seed));
  const writer = new EmailWriter(options, dice);
  const times = sendTimes({
    fromMs: nowMs - SEED_DAYS * DAY_MS,
    untilMs: nowMs - LAST_OUTCOME_MS,
    count: EMAIL_COUNT,
    random: dice.random,
  });
  const timeline = [
    ...times.flatMap((atMs, index) => ordinaryEvents(writer, atMs, index)),
    ...deferralEvents(writer, nowMs),
    ...Array.from({ length: IN_FLIGHT_COUNT }, () => {
      const email = writer.email(nowMs - SECOND_MS - dice.random() * IN_FLIGHT_MS);
      return sent(email);
    }),
  ];
  return timeline.toSorted((left, right) => left.atMs - right.atMs);
}

/** The number of an email decides its outcome, so every status occurs. The times of its events are random. */
function ordinaryEvents(writer: EmailWriter, atMs: number, index: number): readonly TimedEvent[] {
  const fromEnd = EMAIL_COUNT - 1 - index;
  const isAt = (every: number, offset: number): boolean => fromEnd % every === offset;
  if (isAt(50, 6)) {
    const email = writer.email(atMs, { to: [writer.unknownRecipient()] });
    return [sent(email), bounced(email, writer.soon(email), HARD_BOUNCE)];
  }
  if (isAt(60, 11)) {
    const email = writer.email(atMs);
    return [sent(email), bounced(email, writer.soon(email), MAILBOX_FULL)];
  }
  if (isAt(55, 15)) {
    const email = writer.email(atMs, { to: [writer.unknownRecipient()] });
    const subType = SUPPRESSED_SUBTYPES[Math.floor(fromEnd / 55) % SUPPRESSED_SUBTYPES.length] ?? '';
    return [sent(email), bounced(email, writer.soon(email), suppressed(subType))];
  }
  if (isAt(150, 13)) {
    const email = writer.email(atMs);
    return [sent(email), timed(writer.soon(email), rejectEvent(email))];
  }
  if (isAt(150, 9)) {
    const email = writer.email(atMs);
    const errorMessage = "Attribute 'first_name' is not present in the rendering data.";
    const failure = { templateName: 'welcome', errorMessage };
    return [sent(email), timed(writer.soon(email), renderingFailureEvent(email, failure))];
  }
  if (isAt(150, 5)) return complaintEvents(writer, atMs);
  if (isAt(75, 3)) return delayedEvents(writer, atMs);
  if (isAt(150, 17)) return unsubscribeEvents(writer, atMs);
  if (isAt(60, 8)) return severalRecipientsEvents(writer, atMs);
  const email = writer.email(atMs);
  const deliveredAtMs = writer.soon(email);
  return [
    sent(email),
    delivered(email, deliveredAtMs),
    ...(isAt(5, 2) ? engagementEvents(writer, email, { deliveredAtMs, index }) : []),
  ];
}

function complaintEvents(writer: EmailWriter, atMs: number): readonly TimedEvent[] {
  const email = writer.email(atMs, { template: NEWSLETTER, to: [writer.unknownRecipient()] });
  const complainedMs = writer.after(email, 10 * MINUTE_MS, 80 * MINUTE_MS);
  const complaint = { subType: null, feedbackType: 'abuse', userAgent: 'ExampleFeedbackLoop/1.0' };
  return [
    sent(email),
    delivered(email, writer.soon(email)),
    timed(complainedMs, complaintEvent(email, email.to, { atMs: complainedMs, complaint })),
  ];
}

function delayedEvents(writer: EmailWriter, atMs: number): readonly TimedEvent[] {
  const email = writer.email(atMs);
  return [
    sent(email),
    delayed(email, writer.after(email, 30 * SECOND_MS, 90 * SECOND_MS)),
    delivered(email, writer.after(email, 5 * MINUTE_MS, 20 * MINUTE_MS)),
  ];
}

function unsubscribeEvents(writer: EmailWriter, atMs: number): readonly TimedEvent[] {
  const email = writer.email(atMs, { template: NEWSLETTER });
  const leftMs = writer.after(email, 20 * MINUTE_MS, 60 * MINUTE_MS);
  const joinedMs = leftMs + MINUTE_MS;
  return [
    sent(email),
    delivered(email, writer.soon(email)),
    timed(leftMs, subscriptionEvent(email, leftMs)),
    timed(joinedMs, subscriptionEvent(email, joinedMs, 'join a topic')),
  ];
}

/** One email to three people at one company. The address of the third person no longer exists. */
function severalRecipientsEvents(writer: EmailWriter, atMs: number): readonly TimedEvent[] {
  const [first, second] = ['kaia@acme.example', 'leon@acme.example'] as const;
  const left = `former${writer.dice.below(1_000_000)}@acme.example`;
  const email = writer.email(atMs, { to: [first, second, left] });
  return [
    sent(email),
    delivered(email, writer.soon(email), [first, second]),
    bounced(email, writer.soon(email), HARD_BOUNCE, [left]),
  ];
}

function engagementEvents(
  writer: EmailWriter,
  email: AcceptedEmail,
  { deliveredAtMs, index }: { readonly deliveredAtMs: number; readonly index: number },
): readonly TimedEvent[] {
  const open = (visitor: Engagement) => timed(visitor.atMs, openEvent(email, visitor));
  const click = (visitor: Engagement) => timed(visitor.atMs, clickEvent(email, visitor, LINK));
  const opened = writer.visit(writer.after(email, MINUTE_MS, 60 * MINUTE_MS));
  const scanner: Engagement = {
    atMs: deliveredAtMs + 2 * SECOND_MS,
    ipAddress: '203.0.113.25',
    userAgent: SCANNER,
    isBotEvent: 'Likely',
  };
  return [
    ...(index % 4 === 0 ? [open(scanner), click({ ...scanner, atMs: scanner.atMs + 500 })] : []),
    open(opened),
    ...(index % 3 === 0 ? [click({ ...opened, atMs: opened.atMs + 20 * SECOND_MS })] : []),
  ];
}
