/** Two incidents of the seed data: a provider that defers email for an afternoon, and an import of old addresses an hour ago. */
import { Dice, seededRandom } from '../sim/random.ts';
import { complaintEvent, type Bounce, type DelayReply } from '../sim/ses/events.ts';
import {
  EXPIRED,
  EmailWriter,
  MAILBOX_FULL,
  NEWSLETTER,
  REPORTING_MTA,
  bounced,
  delayed,
  delivered,
  sent,
  timed,
  type SeedEmailOptions,
  type Template,
  type TimedEvent,
} from './seed-writer.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const DEFERRING_DOMAIN = 'outlook.example';
const DEFERRED_EMAILS = 36;
const DEFERRAL_HOURS = 4;
/** The deferral begins this many days before the end, at 13:00 UTC. */
const DEFERRAL_DAYS_AGO = 5;
const SERVER_BUSY: DelayReply = {
  delayType: 'General',
  status: '4.7.500',
  diagnosticCode:
    'smtp; 451 4.7.500 Server busy. Please try again later from [192.0.2.10]. (S77719) [DB5EUR03FT021.eop-EUR03.prod.protection.outlook.com]',
};

/**
 * A newsletter to a provider that defers most email for some hours. SES reports a delay after a minute, and another after an hour. Most
 * emails are delivered when the provider accepts email again, and some expire.
 */
export function deferralEvents(writer: EmailWriter, nowMs: number): readonly TimedEvent[] {
  const startMs = Math.floor(nowMs / DAY_MS) * DAY_MS - DEFERRAL_DAYS_AGO * DAY_MS + 13 * HOUR_MS;
  const endMs = startMs + DEFERRAL_HOURS * HOUR_MS;
  return Array.from({ length: DEFERRED_EMAILS }, (_, index) => {
    const email = writer.email(startMs + (index / DEFERRED_EMAILS) * (endMs - startMs), {
      to: [writer.recipient(DEFERRING_DOMAIN)],
      template: NEWSLETTER,
    });
    const secondMs = writer.after(email, 60 * MINUTE_MS, 80 * MINUTE_MS);
    return [
      sent(email),
      delayed(email, writer.after(email, 30 * SECOND_MS, 90 * SECOND_MS), SERVER_BUSY),
      ...(secondMs < endMs ? [delayed(email, secondMs, SERVER_BUSY)] : []),
      index % 9 === 0
        ? bounced(email, email.acceptedAtMs + DEFERRAL_HOURS * HOUR_MS, EXPIRED)
        : delivered(email, Math.round(endMs + writer.dice.random() * 40 * MINUTE_MS)),
    ];
  }).flat();
}

const IMPORT: Template = {
  subject: 'We miss you',
  sender: 'Example Shop <news@',
  tags: { category: 'newsletter', campaign: 'imported-list' },
};
/** Enough emails for the window of an hour of the reputation guard. The window of a day needs more. */
const IMPORTED_EMAILS = 150;
/** The import begins this long before the end, so that the window of an hour contains it: the current hour and the hour before. */
const IMPORT_AGO_MS = 55 * MINUTE_MS;
const IMPORT_MS = 8 * MINUTE_MS;

/** How the servers of each domain describe a mailbox that does not exist. `{to}` is the address. */
const UNKNOWN_USER: readonly (readonly [domain: string, status: string, reply: string])[] = [
  [
    'gmail.example',
    '5.1.1',
    "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces. 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser - gsmtp",
  ],
  [
    'outlook.example',
    '5.5.0',
    '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [DB5EUR03FT021.eop-EUR03.prod.protection.outlook.com]',
  ],
  [
    'yahoo.example',
    '5.0.0',
    "554 delivery error: dd This user doesn't have a yahoo.example account ({to}) [0] - mta4211.mail.bf1.yahoo.com",
  ],
  ['icloud.example', '5.1.1', '550 5.1.1 <{to}>: user does not exist'],
  ['gmx.example', '5.1.1', '550 Requested action not taken: mailbox unavailable'],
  [
    'uni.example',
    '5.1.1',
    '550 5.1.1 <{to}>: Recipient address rejected: User unknown in local recipient table',
  ],
];

function unknownUser(to: string, [, status, reply]: (typeof UNKNOWN_USER)[number]): Bounce {
  return {
    type: 'Permanent',
    subType: 'General',
    status,
    diagnosticCode: `smtp; ${reply.replace('{to}', to)}`,
    reportingMta: REPORTING_MTA,
  };
}

/**
 * The SES events of a newsletter to a list of old addresses, oldest first. A fifth of the mailboxes does not exist, and some recipients complain. Both rates are above
 * the limits at which the reputation guard pauses.
 */
export function simulateImport(options: SeedEmailOptions): readonly TimedEvent[] {
  const writer = new EmailWriter(options, new Dice(seededRandom(options.seed + 1)));
  const startMs = options.nowMs - IMPORT_AGO_MS;
  const events = Array.from({ length: IMPORTED_EMAILS }, (_, index) => {
    const server = writer.dice.pick(UNKNOWN_USER);
    const to = writer.newRecipient(server[0], 'imported');
    const email = writer.email(startMs + (index / IMPORTED_EMAILS) * IMPORT_MS, {
      to: [to],
      template: IMPORT,
    });
    if (index % 5 === 2) return [sent(email), bounced(email, writer.soon(email), unknownUser(to, server))];
    if (index % 50 === 4) return [sent(email), bounced(email, writer.soon(email), MAILBOX_FULL)];
    const complainedMs = writer.after(email, 10 * MINUTE_MS, 45 * MINUTE_MS);
    const complaint = { subType: null, feedbackType: 'abuse', userAgent: 'ExampleFeedbackLoop/1.0' };
    return [
      sent(email),
      delivered(email, writer.soon(email)),
      ...(index % 25 === 6
        ? [timed(complainedMs, complaintEvent(email, email.to, { atMs: complainedMs, complaint }))]
        : []),
    ];
  }).flat();
  return events.toSorted((left, right) => left.atMs - right.atMs);
}
