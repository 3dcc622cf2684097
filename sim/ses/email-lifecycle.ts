/**
 * Mail as real senders have it, and what SES says of it: every type of event, several recipients. Each message comes with
 * the truth of it, told without a line of the product, which the table must agree with at the end.
 */
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
  type Engagement,
} from './events.ts';
import type { Dice } from '../random.ts';

/** One thing that happened to one recipient; `to` is absent where SES does not say whom. */
export interface ExpectedEvent {
  readonly messageId: string;
  readonly to: string | undefined;
  readonly event: string;
  readonly workspaceId: string;
  /** The counters that it adds 1 to, where they are not the one of its event alone: none for the mailbox simulator. */
  readonly counters?: readonly string[];
}

/** What statistics must count of a fact. */
export function expectedCounters({ event, counters }: ExpectedEvent): readonly string[] {
  return counters ?? [event];
}

/** One message of SES, and the facts it tells; `unreadable` tells none, and must be kept whole. */
export interface PublishedMessage {
  readonly atMs: number;
  readonly body: string;
  readonly expectedEvents: readonly ExpectedEvent[];
  readonly unreadable?: true;
}

const BOUNCES = [
  { type: 'Permanent', subType: 'General', event: 'bounced' },
  { type: 'Permanent', subType: 'NoEmail', event: 'bounced' },
  { type: 'Permanent', subType: 'Suppressed', event: 'suppressed' },
  { type: 'Permanent', subType: 'OnAccountSuppressionList', event: 'suppressed' },
  { type: 'Transient', subType: 'MailboxFull', event: 'soft_bounced' },
  { type: 'Undetermined', subType: 'Undetermined', event: 'soft_bounced' },
] as const;

const REFUSED = { status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' };
const LATE_BOUNCE = { type: 'Permanent', subType: 'General' };
/** An automatic reply has no diagnosis. */
const OUT_OF_OFFICE = { type: 'Transient', subType: 'General' };
const ABUSE = { subType: null, feedbackType: 'abuse' };

const GARBAGE = [
  'not JSON',
  '{}',
  '[]',
  '{"eventType":"Bounce"}',
  '"text"',
  '{"eventType":"Send","mail":7}',
  '',
  // Of the far future: it would stay on top of every log.
  '{"eventType":"Send","send":{},"mail":{"messageId":"m-2099","timestamp":"2099-01-01T00:00:00.000Z"}}',
];

/** Names of tags that mean something to JavaScript, to the SDK or to a spreadsheet. */
const ODD_TAGS = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '0', '', 'ünïcödé', '=1+1', 'S'];

/** Addresses that no sender of ours may write, and that SES reports all the same. */
const ODD_LOCAL_PARTS = ['"john doe', 'josé', '例え', 'a/b%2F?c#d', 'bounce'] as const;

function oddTag(dice: Dice): Record<string, string> {
  return dice.chance(0.1) ? Object.fromEntries([[dice.pick(ODD_TAGS), 'v']]) : {};
}

/** A local part that no other recipient has. */
function localPart(dice: Dice, index: number): string {
  const odd = dice.chance(0.1) ? dice.pick(ODD_LOCAL_PARTS) : 'bounce';
  return `${odd}+${dice.hex(6)}.${index}${odd.startsWith('"') ? '"' : ''}`;
}

/** As SES publishes it to SNS, or to EventBridge. */
function bodyOf(dice: Dice, ses: unknown): string {
  return JSON.stringify(
    dice.chance(0.1) ? { source: 'aws.ses', 'detail-type': 'Email Event', detail: ses } : ses,
  );
}

function inSomeCase<T extends { readonly type: string; readonly subType: string }>(dice: Dice, bounce: T): T {
  if (!dice.chance(0.2)) return bounce;
  return { ...bounce, type: bounce.type.toUpperCase(), subType: bounce.subType.toUpperCase() };
}

/** From the least to the most final, as DESIGN has it; written down a second time on purpose. */
const ORDER = 'sent delayed failed suppressed soft_bounced delivered bounced complained'.split(' ');

/** Where a recipient stands after all of some events, in any order; undefined where none of them says. */
export function expectedStatus(events: Iterable<string>): string | undefined {
  return ORDER[Math.max(-1, ...[...events].map((event) => ORDER.indexOf(event)))];
}

/** Mailbox providers, and one in eight the SES mailbox simulator in one of its spellings. */
const DOMAINS = [
  ...Array.from({ length: 7 }, () => ['gmail.com', 'Outlook.de', 'proton.me']).flat(),
  'simulator.amazonses.com',
  'Simulator.AmazonSES.com',
  'SIMULATOR.amazonses.COM',
];

/** Written down a second time, without a line of the product. */
export function isSimulatorAddress(to = ''): boolean {
  return to.toLowerCase().includes('@simulator.');
}

/** One mail's whole life, spread over its first minutes. */
export function randomLifecycle(
  dice: Dice,
  { acceptedAtMs, workspaceId }: { readonly acceptedAtMs: number; readonly workspaceId: string },
): readonly PublishedMessage[] {
  const recipients = Array.from(
    { length: dice.chance(0.8) ? 1 : 2 + dice.below(3) },
    (_, index) => `${localPart(dice, index)}@${dice.pick(DOMAINS)}`,
  );
  const uuid = [8, 4, 4, 4, 12].map((length) => dice.hex(length)).join('-');
  const mail: AcceptedEmail = {
    messageId: sesMessageId(acceptedAtMs, uuid),
    acceptedAtMs,
    source: 'Shop <noreply@example.com>',
    to: recipients,
    subject: `Order ${dice.hex(8)}`,
    tags: Object.fromEntries([['ivymail_workspace', workspaceId], ...Object.entries(oddTag(dice))]),
    configurationSet: 'tracking',
    operation: 'SendEmail',
  };
  const { messageId } = mail;
  const all: PublishedMessage[] = [];
  let atMs = acceptedAtMs;
  const tell = (
    ses: unknown,
    event: string,
    to: readonly (string | undefined)[] = recipients,
    counters?: readonly string[],
  ): void => {
    const expectedEvents = to.map((each) => ({
      messageId,
      to: each,
      event,
      workspaceId,
      ...(counters !== undefined && { counters }),
      ...(isSimulatorAddress(each) && { counters: [] }),
    }));
    all.push({ atMs, body: bodyOf(dice, ses), expectedEvents });
  };
  const later = (): number => (atMs += 200 + dice.below(60_000));

  const fate = dice.below(100);
  if (fate === 0) tell(rejectEvent(mail), 'failed');
  else if (fate === 1)
    tell(renderingFailureEvent(mail, { templateName: 'order', errorMessage: 'No value for name' }), 'failed');
  else {
    tell(sendEvent(mail), 'sent');
    for (const to of recipients) {
      later();
      if (dice.chance(0.05))
        tell(deliveryDelayEvent(mail, [to], { atMs, expiresAtMs: atMs + 3_600_000 }), 'delayed', [to]);
      later();
      if (dice.chance(0.08)) {
        const bounce = inSomeCase(dice, dice.pick(BOUNCES));
        tell(bounceEvent(mail, [to], { atMs, bounce: { ...bounce, ...REFUSED } }), bounce.event, [to]);
        continue;
      }
      tell(deliveryEvent(mail, [to], atMs), 'delivered', [to]);
      // What comes after the delivery contradicts it, and need not come in order.
      const after = dice.below(100);
      if (after < 3) {
        later();
        tell(bounceEvent(mail, [to], { atMs, bounce: OUT_OF_OFFICE }), 'soft_bounced', [to]);
      } else if (after < 6) {
        later();
        tell(bounceEvent(mail, [to], { atMs, bounce: { ...LATE_BOUNCE, ...REFUSED } }), 'bounced', [to]);
      }
      if (dice.chance(0.03)) {
        later();
        tell(complaintEvent(mail, [to], { atMs, complaint: ABUSE }), 'complained', [to]);
      }
    }
    // Of an open or a click in a mail with several recipients SES does not say whose it is.
    const whose = recipients.length === 1 ? recipients : [undefined];
    const visit = (): readonly [visit: Engagement, counters: (event: string) => readonly string[]] => {
      later();
      // From the time, and not from the dice: the rest of the mail stays as it is without it.
      const isBotEvent = ([undefined, 'Unlikely', 'Likely'] as const)[atMs % 3];
      return [
        { atMs, ipAddress: '192.0.2.1', userAgent: 'Mail', ...(isBotEvent && { isBotEvent }) },
        (event) => (isBotEvent === 'Likely' ? [event, `${event}_automated`] : [event]),
      ];
    };
    if (dice.chance(0.2)) {
      const [visitor, counters] = visit();
      tell(openEvent(mail, visitor), 'opened', whose, counters('opened'));
    }
    if (dice.chance(0.05)) {
      const [visitor, counters] = visit();
      tell(clickEvent(mail, visitor, 'https://example.com/'), 'clicked', whose, counters('clicked'));
    }
    if (dice.chance(0.01)) {
      later();
      tell(subscriptionEvent(mail, atMs), 'unsubscribed', whose);
    }
    if (dice.chance(0.01)) {
      later();
      tell(subscriptionEvent(mail, atMs, 'join a topic'), 'subscription_changed', whose);
    }
  }
  if (dice.chance(0.01)) all.push({ atMs, body: dice.pick(GARBAGE), expectedEvents: [], unreadable: true });
  return all;
}
