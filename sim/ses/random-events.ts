/** Random SES events that vary as the events of real senders do. The same seed gives the same events. */
import {
  bounceEvent,
  clickEvent,
  complaintEvent,
  deliveryDelayEvent,
  deliveryEvent,
  openEvent,
  recipientsOf,
  rejectEvent,
  renderingFailureEvent,
  sendEvent,
  sesMessageId,
  subscriptionEvent,
  type AcceptedEmail,
  type SesEvent,
} from './events.ts';
import type { SesEventType } from '../../lambdas/core/ses-event-types.ts';
import { Dice, seededRandom } from '../random.ts';

/** None of this text is in the dictionary that compresses raw events, so these events measure it fairly. */
const NAMES = 'mila jonas.weber t.okafor priya+shop li.na s-dupont k.novak99 ines_costa r.haddad olu'.split(
  ' ',
);
const DOMAINS = 'gmail.com outlook.de yahoo.co.jp proton.me acme-logistics.com uni-bonn.de orange.fr'.split(
  ' ',
);
const SENDERS = [
  'Fjord Travel <noreply@mail.fjord-travel.no>',
  'billing@kantine24.de',
  'Åsa <asa@studio.se>',
];
const WORDS = 'your order invoice ships today ticket reset password weekly digest welcome aboard 3 new'.split(
  ' ',
);
const AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
  'Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile',
  'Mozilla/5.0 (Windows NT 6.1; rv:109.0) Gecko/20100101 Firefox/115.0',
];
const BOUNCES = [
  [
    'Permanent',
    'General',
    '5.1.10',
    'smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
  ],
  ['Permanent', 'NoEmail', '5.4.4', 'smtp; 554 5.4.4 unable to look up host: NXDOMAIN'],
  ['Transient', 'MailboxFull', '5.2.2', 'smtp; 552-5.2.2 The recipient has exceeded its quota. q20-2002a05'],
  [
    'Transient',
    'General',
    '4.7.0',
    'smtp; 421-4.7.0 [54.240.11.8] Our system has detected an unusual rate of unsolicited mail',
  ],
  ['Undetermined', 'Undetermined', '5.0.0', 'smtp; 500 mail rejected by policy (#5.7.2-0x80190194)'],
] as const;

/** The number of events of each type in a thousand, for a sender with engagement tracking. */
const MIX: readonly (readonly [number, SesEventType])[] = [
  [400, 'Send'],
  [380, 'Delivery'],
  [90, 'Open'],
  [30, 'Click'],
  [50, 'Bounce'],
  [10, 'Complaint'],
  [20, 'DeliveryDelay'],
  [10, 'Reject'],
  [5, 'Rendering Failure'],
  [5, 'Subscription'],
];

class SesDice extends Dice {
  ip(): string {
    return [this.below(223) + 1, this.below(256), this.below(256), this.below(256)].join('.');
  }
  eventType(): SesEventType {
    let remaining = this.below(1000);
    for (const [share, type] of MIX) {
      remaining -= share;
      if (remaining < 0) return type;
    }
    return 'Send';
  }
}

const FIRST_MS = Date.parse('2026-09-01T00:00:00Z');
const SPAN_MS = 60 * 24 * 3600 * 1000;

function randomEmail(dice: SesDice, recipients: number): AcceptedEmail {
  const acceptedAtMs = FIRST_MS + dice.below(SPAN_MS);
  const uuid = [8, 4, 4, 4, 12].map((length) => dice.hex(length)).join('-');
  return {
    messageId: sesMessageId(acceptedAtMs, uuid),
    acceptedAtMs,
    source: dice.pick(SENDERS),
    to: Array.from(
      { length: recipients },
      (_, index) => `${dice.pick(NAMES)}.${index}@${dice.pick(DOMAINS)}`,
    ),
    subject: Array.from({ length: 2 + dice.below(6) }, () => dice.pick(WORDS)).join(' '),
    headers: [
      { name: 'X-Mailer-Job', value: `job-${dice.hex(10)}` },
      { name: 'List-Unsubscribe', value: `<https://u.example.net/${dice.hex(24)}>` },
    ].slice(dice.below(3)),
    ...(dice.below(3) === 0 && { tags: { campaign: `autumn-${dice.below(40)}` } }),
    configurationSet: dice.pick(['my-first-configuration-set', 'tracking', 'IvyMailEvents-7f3a']),
    operation: dice.pick(['SendEmail', 'SendRawEmail']),
  };
}

function randomEvent(dice: SesDice, email: AcceptedEmail): SesEvent {
  const atMs = email.acceptedAtMs + 200 + dice.below(600_000);
  const recipients = recipientsOf(email);
  const engagement = () => ({ atMs, ipAddress: dice.ip(), userAgent: dice.pick(AGENTS) });
  switch (dice.eventType()) {
    case 'Delivery':
      return deliveryEvent(email, recipients, atMs);
    case 'Open':
      return openEvent(email, engagement());
    case 'Click':
      return clickEvent(
        email,
        engagement(),
        `https://shop.example.net/o/${dice.hex(16)}?utm_source=mail&utm_term=${dice.hex(6)}`,
      );
    case 'Bounce': {
      const [type, subType, status, diagnosticCode] = dice.pick(BOUNCES);
      const reportingMta = `dns; e${dice.below(200)}-${dice.below(20)}.smtp-out.eu-west-1.amazonses.com`;
      return bounceEvent(email, recipients, {
        atMs,
        bounce: { type, subType, status, diagnosticCode, reportingMta },
      });
    }
    case 'Complaint':
      return complaintEvent(email, recipients, {
        atMs,
        complaint: {
          subType: null,
          feedbackType: dice.pick(['abuse', 'fraud', 'other']),
          userAgent: 'Yahoo!-Mail-Feedback/2.0',
        },
      });
    case 'DeliveryDelay':
      return deliveryDelayEvent(email, recipients, { atMs, expiresAtMs: atMs + 14 * 3600 * 1000 });
    case 'Reject':
      return rejectEvent(email);
    case 'Rendering Failure':
      return renderingFailureEvent(email, {
        templateName: `order-${dice.below(9)}`,
        errorMessage: `Attribute 'item_${dice.hex(3)}' is not present in the rendering data.`,
      });
    case 'Subscription':
      return subscriptionEvent(email, atMs);
    case 'Send':
      return sendEvent(email);
  }
}

/** Replaces the constants of the event functions, so that each event has its own account, region and network. */
function randomizeSender(dice: SesDice, ses: SesEvent): SesEvent {
  const account = String(100_000_000_000 + dice.below(899_999_999_999));
  const text = JSON.stringify(ses)
    .replaceAll('000000000000', account)
    .replaceAll('us-east-1', dice.pick(['us-east-1', 'eu-central-1', 'ap-southeast-2']))
    .replaceAll('"127.0.0.1"', `"${dice.ip()}"`)
    .replaceAll('"192.0.2.10"', `"${dice.ip()}"`)
    .replaceAll('["local"]', `["${dice.pick(['root', 'mailer-prod', 'ses-smtp-user.20240311'])}"]`);
  return JSON.parse(text) as SesEvent;
}

/** Events of all types. Each event belongs to a different email. */
export function randomSesEvents(options: {
  readonly seed: number;
  readonly count: number;
  /** The recipients of each email. Default: 1 to 5. */
  readonly recipients?: number;
}): readonly SesEvent[] {
  const dice = new SesDice(seededRandom(options.seed));
  return Array.from({ length: options.count }, () =>
    randomizeSender(dice, randomEvent(dice, randomEmail(dice, options.recipients ?? 1 + dice.below(5)))),
  );
}
