/** SES events in any number, varied as those of real senders are, and the same for the same seed. */
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

/** The text of none of these is in the dictionary that raw events are packed with. */
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

/** How many of a thousand events are of each type, as a sender with engagement tracking sees them. */
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

class Variety extends Dice {
  ip(): string {
    return [this.below(223) + 1, this.below(256), this.below(256), this.below(256)].join('.');
  }
  type(): SesEventType {
    let left = this.below(1000);
    for (const [share, type] of MIX) {
      left -= share;
      if (left < 0) return type;
    }
    return 'Send';
  }
}

const FIRST_MS = Date.parse('2026-09-01T00:00:00Z');
const SPAN_MS = 60 * 24 * 3600 * 1000;

function aMail(vary: Variety, recipients: number): AcceptedEmail {
  const acceptedAtMs = FIRST_MS + vary.below(SPAN_MS);
  const uuid = [8, 4, 4, 4, 12].map((length) => vary.hex(length)).join('-');
  return {
    messageId: sesMessageId(acceptedAtMs, uuid),
    acceptedAtMs,
    source: vary.pick(SENDERS),
    to: Array.from(
      { length: recipients },
      (_, index) => `${vary.pick(NAMES)}.${index}@${vary.pick(DOMAINS)}`,
    ),
    subject: Array.from({ length: 2 + vary.below(6) }, () => vary.pick(WORDS)).join(' '),
    headers: [
      { name: 'X-Mailer-Job', value: `job-${vary.hex(10)}` },
      { name: 'List-Unsubscribe', value: `<https://u.example.net/${vary.hex(24)}>` },
    ].slice(vary.below(3)),
    ...(vary.below(3) === 0 && { tags: { campaign: `autumn-${vary.below(40)}` } }),
    configurationSet: vary.pick(['my-first-configuration-set', 'tracking', 'IvyMailEvents-7f3a']),
    operation: vary.pick(['SendEmail', 'SendRawEmail']),
  };
}

function anEvent(vary: Variety, mail: AcceptedEmail): SesEvent {
  const atMs = mail.acceptedAtMs + 200 + vary.below(600_000);
  const recipients = recipientsOf(mail);
  const visit = () => ({ atMs, ipAddress: vary.ip(), userAgent: vary.pick(AGENTS) });
  switch (vary.type()) {
    case 'Delivery':
      return deliveryEvent(mail, recipients, atMs);
    case 'Open':
      return openEvent(mail, visit());
    case 'Click':
      return clickEvent(
        mail,
        visit(),
        `https://shop.example.net/o/${vary.hex(16)}?utm_source=mail&utm_term=${vary.hex(6)}`,
      );
    case 'Bounce': {
      const [type, subType, status, diagnosticCode] = vary.pick(BOUNCES);
      const reportingMta = `dns; e${vary.below(200)}-${vary.below(20)}.smtp-out.eu-west-1.amazonses.com`;
      return bounceEvent(mail, recipients, {
        atMs,
        bounce: { type, subType, status, diagnosticCode, reportingMta },
      });
    }
    case 'Complaint':
      return complaintEvent(mail, recipients, {
        atMs,
        complaint: {
          subType: null,
          feedbackType: vary.pick(['abuse', 'fraud', 'other']),
          userAgent: 'Yahoo!-Mail-Feedback/2.0',
        },
      });
    case 'DeliveryDelay':
      return deliveryDelayEvent(mail, recipients, { atMs, expiresAtMs: atMs + 14 * 3600 * 1000 });
    case 'Reject':
      return rejectEvent(mail);
    case 'Rendering Failure':
      return renderingFailureEvent(mail, {
        templateName: `order-${vary.below(9)}`,
        errorMessage: `Attribute 'item_${vary.hex(3)}' is not present in the rendering data.`,
      });
    case 'Subscription':
      return subscriptionEvent(mail, atMs);
    case 'Send':
      return sendEvent(mail);
  }
}

/** The account, region and network that the builders leave the same are another sender's for each event. */
function asSentFrom(vary: Variety, ses: SesEvent): SesEvent {
  const account = String(100_000_000_000 + vary.below(899_999_999_999));
  const text = JSON.stringify(ses)
    .replaceAll('000000000000', account)
    .replaceAll('us-east-1', vary.pick(['us-east-1', 'eu-central-1', 'ap-southeast-2']))
    .replaceAll('"127.0.0.1"', `"${vary.ip()}"`)
    .replaceAll('"192.0.2.10"', `"${vary.ip()}"`)
    .replaceAll('["local"]', `["${vary.pick(['root', 'mailer-prod', 'ses-smtp-user.20240311'])}"]`);
  return JSON.parse(text) as SesEvent;
}

/** Events of all types, each of a mail of its own with so many recipients. */
export function randomSesEvents(wanted: {
  readonly seed: number;
  readonly count: number;
  /** Of each mail; 1 to 5 where it is not given. */
  readonly recipients?: number;
}): readonly SesEvent[] {
  const vary = new Variety(seededRandom(wanted.seed));
  return Array.from({ length: wanted.count }, () =>
    asSentFrom(vary, anEvent(vary, aMail(vary, wanted.recipients ?? 1 + vary.below(5)))),
  );
}
