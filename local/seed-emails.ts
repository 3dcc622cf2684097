/** The email of an application over two weeks, as SES events. */
import {
  bounceEvent,
  clickEvent,
  complaintEvent,
  deliveryDelayEvent,
  deliveryEvent,
  openEvent,
  rejectEvent,
  renderingFailureEvent,
  sendEvent,
  sesMessageId,
  subscriptionEvent,
  type AcceptedEmail,
  type Bounce,
  type Engagement,
  type SesEvent,
} from '../sim/ses/events.ts';
import { Dice, seededRandom } from '../sim/random.ts';
import { sendTimes } from './seed-rhythm.ts';

export interface SeedEmailOptions {
  /** The end of the two weeks, in epoch milliseconds. */
  readonly nowMs: number;
  readonly from: string;
  readonly configurationSet: string;
  /** The same seed creates the same emails. */
  readonly seed: number;
}

/** An event of an email, and its time in epoch milliseconds. */
export interface TimedEvent {
  readonly atMs: number;
  readonly event: SesEvent;
}

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

/** One mailbox provider does not accept email for some hours. SES retries, and gives up on some emails. */
const OUTAGE_PROVIDER = 'outlook.example';
const OUTAGE_EMAILS = 26;
const OUTAGE_HOURS = 4;
/** The outage begins this many days before the end, at 13:00 UTC. */
const OUTAGE_DAYS_AGO = 5;

const LOCAL_PARTS =
  'ada ben chloe dmitri elif femi grace hugo ines jonas kaia leon mara nils oona pablo quinn rosa sam tove'.split(
    ' ',
  );
const DOMAINS = [
  'gmail.example',
  'gmail.example',
  'gmail.example',
  OUTAGE_PROVIDER,
  OUTAGE_PROVIDER,
  'icloud.example',
  'posteo.example',
  'acme.example',
  'uni.example',
];

interface Template {
  readonly subject: string;
  readonly sender: string;
  readonly tags: Readonly<Record<string, string>>;
}

const NEWSLETTER: Template = {
  subject: 'What is new in November',
  sender: 'Example Shop <news@',
  tags: { category: 'newsletter', campaign: 'november' },
};
const TEMPLATES: readonly Template[] = [
  {
    subject: 'Your order is on its way',
    sender: 'orders@',
    tags: { category: 'orders', template: 'shipped' },
  },
  { subject: 'Your receipt', sender: 'orders@', tags: { category: 'orders', template: 'receipt' } },
  { subject: 'We received your order', sender: 'orders@', tags: { category: 'orders', template: 'ordered' } },
  { subject: 'Reset your password', sender: 'you@', tags: { category: 'account', template: 'reset' } },
  {
    subject: 'Confirm your email address',
    sender: 'you@',
    tags: { category: 'account', template: 'confirm' },
  },
  { subject: 'Welcome aboard', sender: 'you@', tags: { category: 'account', template: 'welcome' } },
  { subject: 'Your weekly summary', sender: 'Example Shop <news@', tags: { category: 'newsletter' } },
  NEWSLETTER,
];

const USER_AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Thunderbird/145.0',
  'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36',
];
/** The user agent of a link scanner, which opens every email and follows every link before the recipient sees the email. */
const SCANNER = 'Mozilla/5.0 (compatible; ExampleLinkScanner/1.0)';
const LINK = 'https://yourdomain.example/account';

const REPORTING_MTA = 'dns; a8-50.smtp-out.amazonses.com';
const HARD_BOUNCE: Bounce = {
  type: 'Permanent',
  subType: 'General',
  status: '5.1.1',
  diagnosticCode: 'smtp; 550 5.1.1 user unknown',
  reportingMta: REPORTING_MTA,
};
const MAILBOX_FULL: Bounce = {
  type: 'Transient',
  subType: 'MailboxFull',
  status: '4.2.2',
  diagnosticCode: 'smtp; 452 4.2.2 The email account that you tried to reach is over quota',
  reportingMta: REPORTING_MTA,
};
const EXPIRED: Bounce = {
  type: 'Transient',
  subType: 'General',
  status: '4.4.7',
  diagnosticCode: 'smtp; 550 4.4.7 Message expired: unable to deliver in 240 minutes',
  reportingMta: REPORTING_MTA,
};
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
    ...outageEvents(writer, outageStart(nowMs)),
    ...Array.from({ length: IN_FLIGHT_COUNT }, () => {
      const email = writer.email(nowMs - SECOND_MS - dice.random() * IN_FLIGHT_MS);
      return sent(email);
    }),
  ];
  return timeline.toSorted((left, right) => left.atMs - right.atMs);
}

/** Creates emails and random times. */
class EmailWriter {
  private bounces = 0;

  constructor(
    private readonly options: SeedEmailOptions,
    readonly dice: Dice,
  ) {}

  email(atMs: number, { to, template }: { to?: readonly string[]; template?: Template } = {}): AcceptedEmail {
    const { subject, sender, tags } = template ?? this.dice.pick(TEMPLATES);
    const acceptedAtMs = Math.round(atMs);
    const domain = this.options.from.slice(this.options.from.lastIndexOf('@') + 1);
    return {
      messageId: sesMessageId(acceptedAtMs, this.uuid()),
      acceptedAtMs,
      source: `${sender}${domain}${sender.includes('<') ? '>' : ''}`,
      to: to ?? [this.recipient()],
      subject,
      tags,
      configurationSet: this.options.configurationSet,
      operation: 'SendEmail',
    };
  }

  recipient(domain: string = this.dice.pick(DOMAINS)): string {
    return `${this.dice.pick(LOCAL_PARTS)}@${domain}`;
  }

  /** An address that occurs once, so that no later email is delivered to an address that does not exist. */
  unknownRecipient(): string {
    this.bounces += 1;
    return `${this.dice.pick(LOCAL_PARTS)}.old${this.bounces}@${this.dice.pick(DOMAINS)}`;
  }

  /** A time between two delays after an email was accepted. */
  after(email: AcceptedEmail, fromMs: number, toMs: number): number {
    return Math.round(email.acceptedAtMs + fromMs + this.dice.random() * (toMs - fromMs));
  }

  soon(email: AcceptedEmail): number {
    return this.after(email, 300, 4_000);
  }

  visit(atMs: number): Engagement {
    return {
      atMs,
      ipAddress: `198.51.100.${1 + this.dice.below(254)}`,
      userAgent: this.dice.pick(USER_AGENTS),
      isBotEvent: 'Unlikely',
    };
  }

  private uuid(): string {
    return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => this.dice.hex(1));
  }
}

function timed(atMs: number, event: SesEvent): TimedEvent {
  return { atMs, event };
}

function sent(email: AcceptedEmail): TimedEvent {
  return { atMs: email.acceptedAtMs, event: sendEvent(email) };
}

function delivered(email: AcceptedEmail, atMs: number, recipients = email.to): TimedEvent {
  return { atMs, event: deliveryEvent(email, recipients, atMs) };
}

function bounced(email: AcceptedEmail, atMs: number, bounce: Bounce, recipients = email.to): TimedEvent {
  return { atMs, event: bounceEvent(email, recipients, { atMs, bounce }) };
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

function delay(email: AcceptedEmail, atMs: number): TimedEvent {
  const expiresAtMs = email.acceptedAtMs + DAY_MS / 2;
  return timed(atMs, deliveryDelayEvent(email, email.to, { atMs, expiresAtMs }));
}

function delayedEvents(writer: EmailWriter, atMs: number): readonly TimedEvent[] {
  const email = writer.email(atMs);
  return [
    sent(email),
    delay(email, writer.after(email, 30 * SECOND_MS, 90 * SECOND_MS)),
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

function outageStart(nowMs: number): number {
  const midnightMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return midnightMs - OUTAGE_DAYS_AGO * DAY_MS + 13 * HOUR_MS;
}

/** A newsletter to a provider that is down. Two thirds of the emails arrive after the outage, and the others expire. */
function outageEvents(writer: EmailWriter, startMs: number): readonly TimedEvent[] {
  const endMs = startMs + OUTAGE_HOURS * HOUR_MS;
  return Array.from({ length: OUTAGE_EMAILS }, (_, index) => {
    const share = index / OUTAGE_EMAILS;
    const email = writer.email(startMs + share * (endMs - startMs), {
      to: [writer.recipient(OUTAGE_PROVIDER)],
      template: NEWSLETTER,
    });
    const delayed = delay(email, writer.after(email, 30 * SECOND_MS, 90 * SECOND_MS));
    if (index % 3 === 0)
      return [sent(email), delayed, bounced(email, email.acceptedAtMs + OUTAGE_HOURS * HOUR_MS, EXPIRED)];
    return [
      sent(email),
      delayed,
      delivered(email, Math.round(endMs + writer.dice.random() * 20 * MINUTE_MS)),
    ];
  }).flat();
}
