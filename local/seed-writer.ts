/** Creates the emails and the SES events of the seed data. */
import {
  bounceEvent,
  deliveryDelayEvent,
  deliveryEvent,
  sendEvent,
  sesMessageId,
  type AcceptedEmail,
  type Bounce,
  type DelayReply,
  type Engagement,
  type SesEvent,
} from '../sim/ses/events.ts';
import type { Dice } from '../sim/random.ts';

export interface SeedEmailOptions {
  /** The end of the two weeks, in epoch milliseconds. */
  readonly nowMs: number;
  readonly from: string;
  readonly configurationSet: string;
  /** The same seed creates the same emails. */
  readonly seed: number;
}

/** SES gives up the delivery of an email after 14 hours. */
const EXPIRY_MS = 14 * 3_600_000;

/** An event of an email, and its time in epoch milliseconds. */
export interface TimedEvent {
  readonly atMs: number;
  readonly event: SesEvent;
}

const LOCAL_PARTS =
  'ada ben chloe dmitri elif femi grace hugo ines jonas kaia leon mara nils oona pablo quinn rosa sam tove'.split(
    ' ',
  );
/** The domains of well-known providers, under the top-level domain for examples: no mailbox exists there. */
const DOMAINS = [
  'gmail.example',
  'gmail.example',
  'gmail.example',
  'outlook.example',
  'outlook.example',
  'yahoo.example',
  'icloud.example',
  'gmx.example',
  'posteo.example',
  'acme.example',
  'uni.example',
];

export interface Template {
  readonly subject: string;
  readonly sender: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const NEWSLETTER: Template = {
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
export const REPORTING_MTA = 'dns; a8-50.smtp-out.amazonses.com';
export const HARD_BOUNCE: Bounce = {
  type: 'Permanent',
  subType: 'General',
  status: '5.1.1',
  diagnosticCode: 'smtp; 550 5.1.1 user unknown',
  reportingMta: REPORTING_MTA,
};
export const MAILBOX_FULL: Bounce = {
  type: 'Transient',
  subType: 'MailboxFull',
  status: '4.2.2',
  diagnosticCode: 'smtp; 452 4.2.2 The email account that you tried to reach is over quota',
  reportingMta: REPORTING_MTA,
};
export const EXPIRED: Bounce = {
  type: 'Transient',
  subType: 'General',
  status: '4.4.7',
  diagnosticCode: 'smtp; 550 4.4.7 Message expired: unable to deliver in 240 minutes',
  reportingMta: REPORTING_MTA,
};

/** Creates emails and random times. */
export class EmailWriter {
  private recipients = 0;

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
    return this.newRecipient(this.dice.pick(DOMAINS));
  }

  /** Another address that occurs once. */
  newRecipient(domain: string, label = 'old'): string {
    this.recipients += 1;
    return `${this.dice.pick(LOCAL_PARTS)}.${label}${this.recipients}@${domain}`;
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

export function timed(atMs: number, event: SesEvent): TimedEvent {
  return { atMs, event };
}

export function sent(email: AcceptedEmail): TimedEvent {
  return { atMs: email.acceptedAtMs, event: sendEvent(email) };
}

export function delivered(email: AcceptedEmail, atMs: number, recipients = email.to): TimedEvent {
  return { atMs, event: deliveryEvent(email, recipients, atMs) };
}

export function bounced(
  email: AcceptedEmail,
  atMs: number,
  bounce: Bounce,
  recipients = email.to,
): TimedEvent {
  return { atMs, event: bounceEvent(email, recipients, { atMs, bounce }) };
}

/** A report of SES that an email is not delivered yet. */
export function delayed(email: AcceptedEmail, atMs: number, reply?: DelayReply): TimedEvent {
  const expiresAtMs = email.acceptedAtMs + EXPIRY_MS;
  return timed(atMs, deliveryDelayEvent(email, email.to, { atMs, expiresAtMs, ...(reply && { reply }) }));
}
