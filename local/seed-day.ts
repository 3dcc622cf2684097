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
  type Bounce,
  type AcceptedEmail,
  type SesEvent,
  type Engagement,
} from '../sim/ses/events.ts';
import { seededRandom } from '../sim/random.ts';

export interface DayOptions {
  /** The end of the day, in epoch milliseconds. */
  readonly nowMs: number;
  readonly from: string;
  readonly configurationSet: string;
  /** The same seed creates the same day. */
  readonly seed: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The last email is sent this long before the end of the day, so that its later events are also within the day. */
const LAST_EMAIL_BEFORE_END_MS = 90 * MINUTE_MS;
const EMAIL_COUNT = 30;

const LOCAL_PARTS =
  'ada ben chloe dmitri elif femi grace hugo ines jonas kaia leon mara nils oona pablo'.split(' ');
const DOMAINS = ['gmail.example', 'outlook.example', 'posteo.example', 'acme.example', 'uni.example'];
const SUBJECTS = [
  ['Your order is on its way', 'orders'],
  ['Your receipt', 'orders'],
  ['Reset your password', 'account'],
  ['Welcome aboard', 'account'],
  ['What is new in November', 'newsletter'],
  ['Your weekly summary', 'newsletter'],
] as const;
const USER_AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Thunderbird/145.0',
  'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36',
];

/** The user agent of a link scanner, which opens every email and follows every link before the recipient sees the email. */
const SCANNER = 'Mozilla/5.0 (compatible; ExampleLinkScanner/1.0)';
const LINK = 'https://yourdomain.example/account';

const HARD_BOUNCE: Bounce = {
  type: 'Permanent',
  subType: 'General',
  status: '5.1.1',
  diagnosticCode: 'smtp; 550 5.1.1 user unknown',
  reportingMta: 'dns; a8-50.smtp-out.amazonses.com',
};
const MAILBOX_FULL: Bounce = {
  type: 'Transient',
  subType: 'MailboxFull',
  status: '4.2.2',
  diagnosticCode: 'smtp; 452 4.2.2 The email account that you tried to reach is over quota',
  reportingMta: 'dns; a8-50.smtp-out.amazonses.com',
};
const SUPPRESSED: Bounce = {
  type: 'Permanent',
  subType: 'OnAccountSuppressionList',
  status: '5.1.1',
  diagnosticCode:
    'Amazon SES did not send the message to this address because it is on the suppression list for your account.',
  reportingMta: 'dns; amazonses.com',
};

/**
 * Returns the SES events of a day of an application's email, oldest first. Most emails are delivered, and every status
 * occurs.
 */
export function simulateDay(options: DayOptions): readonly SesEvent[] {
  const random = seededRandom(options.seed);
  const timeline: { readonly atMs: number; readonly event: SesEvent }[] = [];
  for (let index = 0; index < EMAIL_COUNT; index += 1) {
    const share = (index + random()) / EMAIL_COUNT;
    const email = randomEmail(
      options,
      random,
      options.nowMs - DAY_MS + share * (DAY_MS - LAST_EMAIL_BEFORE_END_MS),
    );
    timeline.push(
      { atMs: email.acceptedAtMs, event: sendEvent(email) },
      ...outcomeEvents(email, index, random),
    );
  }
  return timeline.toSorted((left, right) => left.atMs - right.atMs).map(({ event }) => event);
}

/** The index of an email decides its outcome, so every day contains every status. The times of its events are random. */
function outcomeEvents(email: AcceptedEmail, index: number, random: () => number) {
  const [to = ''] = email.to;
  const after = (fromMs: number, toMs: number): number =>
    Math.round(email.acceptedAtMs + fromMs + random() * (toMs - fromMs));
  const soon = after(300, 4_000);
  const delivered = (atMs = soon) => ({ atMs, event: deliveryEvent(email, [to], atMs) });
  const bounced = (bounce: Bounce) => ({
    atMs: soon,
    event: bounceEvent(email, [to], { atMs: soon, bounce }),
  });
  const visit = (atMs: number): Engagement => ({
    atMs,
    ipAddress: `198.51.100.${1 + Math.floor(random() * 254)}`,
    userAgent: pick(USER_AGENTS, random),
    isBotEvent: 'Unlikely',
  });

  if (index % 16 === 5) return [bounced(HARD_BOUNCE)];
  if (index % 32 === 11) return [bounced(MAILBOX_FULL)];
  if (index % 32 === 23) return [bounced(SUPPRESSED)];
  if (index === 18) return [{ atMs: soon, event: rejectEvent(email) }];
  if (index === 13) {
    const errorMessage = "Attribute 'first_name' is not present in the rendering data.";
    return [{ atMs: soon, event: renderingFailureEvent(email, { templateName: 'welcome', errorMessage }) }];
  }
  if (index % 32 === 28) {
    const atMs = after(30_000, 90_000);
    const expiresAtMs = email.acceptedAtMs + DAY_MS / 2;
    return [
      { atMs, event: deliveryDelayEvent(email, [to], { atMs, expiresAtMs }) },
      delivered(after(5 * MINUTE_MS, 20 * MINUTE_MS)),
    ];
  }
  if (index % 32 === 7) {
    const atMs = after(10 * MINUTE_MS, 80 * MINUTE_MS);
    const complaint = { subType: null, feedbackType: 'abuse', userAgent: 'ExampleFeedbackLoop/1.0' };
    return [delivered(), { atMs, event: complaintEvent(email, [to], { atMs, complaint }) }];
  }
  if (index === 25) {
    const atMs = after(20 * MINUTE_MS, 60 * MINUTE_MS);
    return [
      delivered(),
      { atMs, event: subscriptionEvent(email, atMs) },
      { atMs: atMs + MINUTE_MS, event: subscriptionEvent(email, atMs + MINUTE_MS, 'join a topic') },
    ];
  }
  if (index % 4 === 2) {
    const opened = visit(after(MINUTE_MS, 60 * MINUTE_MS));
    const open = (visitor: Engagement) => ({ atMs: visitor.atMs, event: openEvent(email, visitor) });
    const click = (visitor: Engagement) => ({ atMs: visitor.atMs, event: clickEvent(email, visitor, LINK) });
    const scanner: Engagement = {
      atMs: soon + 2_000,
      ipAddress: '203.0.113.25',
      userAgent: SCANNER,
      isBotEvent: 'Likely',
    };
    const scanned = index % 8 === 6 ? [open(scanner), click({ ...scanner, atMs: scanner.atMs + 500 })] : [];
    const followed = index % 12 === 2 ? [click({ ...opened, atMs: opened.atMs + 20_000 })] : [];
    return [delivered(), ...scanned, open(opened), ...followed];
  }
  return [delivered()];
}

function randomEmail(
  { from, configurationSet }: DayOptions,
  random: () => number,
  atMs: number,
): AcceptedEmail {
  const [subject, category] = pick(SUBJECTS, random);
  const acceptedAtMs = Math.round(atMs);
  return {
    messageId: sesMessageId(acceptedAtMs, randomUuid(random)),
    acceptedAtMs,
    source: from,
    to: [`${pick(LOCAL_PARTS, random)}@${pick(DOMAINS, random)}`],
    subject,
    tags: { category },
    configurationSet,
    operation: 'SendEmail',
  };
}

function pick<T>(values: readonly T[], random: () => number): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('There are no values to pick from');
  return value;
}

function randomUuid(random: () => number): string {
  const digit = (): string => Math.floor(random() * 16).toString(16);
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, digit);
}
