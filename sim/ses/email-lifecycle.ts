/**
 * The SES events of random emails, as real senders get them: every event type, one or several recipients. Each message lists
 * the events that the product must derive from it. No code of the product computes this list, so a proof can compare the table
 * with it.
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

/** An event for one recipient. `to` is undefined if SES does not name the recipient. */
export interface ExpectedEvent {
  readonly messageId: string;
  readonly to: string | undefined;
  readonly event: string;
  readonly workspaceId: string;
  /** The counters that increase by 1. Default: the counter of the event. Empty for recipients of the mailbox simulator. */
  readonly counters?: readonly string[];
}

/** The counters that statistics must increase for an event. */
export function expectedCounters({ event, counters }: ExpectedEvent): readonly string[] {
  return counters ?? [event];
}

/** One message that SES publishes. An `unreadable` message has no events and must be stored in the quarantine. */
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
/** An automatic reply has no diagnostic code. */
const OUT_OF_OFFICE = { type: 'Transient', subType: 'General' };
const ABUSE = { subType: null, feedbackType: 'abuse' };

const UNREADABLE_BODIES = [
  'not JSON',
  '{}',
  '[]',
  '{"eventType":"Bounce"}',
  '"text"',
  '{"eventType":"Send","mail":7}',
  '',
  // An event in the far future would stay at the top of every log, so the product stores it in the quarantine.
  '{"eventType":"Send","send":{},"mail":{"messageId":"m-2099","timestamp":"2099-01-01T00:00:00.000Z"}}',
];

/** Tag names with a special meaning in JavaScript, in the SDK, or in a spreadsheet. */
const ODD_TAGS = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '0', '', 'ünïcödé', '=1+1', 'S'];

/** Local parts that `POST /v1/send` rejects, but that SES can report. */
const ODD_LOCAL_PARTS = ['"john doe', 'josé', '例え', 'a/b%2F?c#d', 'bounce'] as const;

function oddTag(dice: Dice): Record<string, string> {
  return dice.chance(0.1) ? Object.fromEntries([[dice.pick(ODD_TAGS), 'v']]) : {};
}

/** A unique local part. */
function localPart(dice: Dice, index: number): string {
  const odd = dice.chance(0.1) ? dice.pick(ODD_LOCAL_PARTS) : 'bounce';
  return `${odd}+${dice.hex(6)}.${index}${odd.startsWith('"') ? '"' : ''}`;
}

/** The body as SES publishes it to SNS or, for one in ten, to EventBridge. */
function bodyOf(dice: Dice, ses: unknown): string {
  return JSON.stringify(
    dice.chance(0.1) ? { source: 'aws.ses', 'detail-type': 'Email Event', detail: ses } : ses,
  );
}

/** The API of SES writes types in upper case, and services that copy SES's format use both spellings. */
function randomizeCase<T extends { readonly type: string; readonly subType: string }>(
  dice: Dice,
  bounce: T,
): T {
  if (!dice.chance(0.2)) return bounce;
  return { ...bounce, type: bounce.type.toUpperCase(), subType: bounce.subType.toUpperCase() };
}

/** From the lowest to the highest status. A second copy on purpose: the product's list is under test. */
const STATUS_ORDER = 'sent delayed failed suppressed soft_bounced delivered bounced complained'.split(' ');

/** The status of a recipient after these events, in any order. Undefined if no event sets a status. */
export function expectedStatus(events: Iterable<string>): string | undefined {
  return STATUS_ORDER[Math.max(-1, ...[...events].map((event) => STATUS_ORDER.indexOf(event)))];
}

/** One in eight is the SES mailbox simulator, in different spellings. */
const DOMAINS = [
  ...Array.from({ length: 7 }, () => ['gmail.com', 'Outlook.de', 'proton.me']).flat(),
  'simulator.amazonses.com',
  'Simulator.AmazonSES.com',
  'SIMULATOR.amazonses.COM',
];

/** A second implementation on purpose: the product's function is under test. */
export function isSimulatorAddress(to = ''): boolean {
  return to.toLowerCase().includes('@simulator.');
}

/** All messages about one email, spread over its first minutes. */
export function randomLifecycle(
  dice: Dice,
  { acceptedAtMs, workspaceId }: { readonly acceptedAtMs: number; readonly workspaceId: string },
): readonly PublishedMessage[] {
  const recipients = Array.from(
    { length: dice.chance(0.8) ? 1 : 2 + dice.below(3) },
    (_, index) => `${localPart(dice, index)}@${dice.pick(DOMAINS)}`,
  );
  const uuid = [8, 4, 4, 4, 12].map((length) => dice.hex(length)).join('-');
  const email: AcceptedEmail = {
    messageId: sesMessageId(acceptedAtMs, uuid),
    acceptedAtMs,
    source: 'Shop <noreply@example.com>',
    to: recipients,
    subject: `Order ${dice.hex(8)}`,
    tags: Object.fromEntries([['ivymail_workspace', workspaceId], ...Object.entries(oddTag(dice))]),
    configurationSet: 'tracking',
    operation: 'SendEmail',
  };
  const { messageId } = email;
  const published: PublishedMessage[] = [];
  let atMs = acceptedAtMs;
  const publish = (
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
    published.push({ atMs, body: bodyOf(dice, ses), expectedEvents });
  };
  const advanceTime = (): number => (atMs += 200 + dice.below(60_000));

  const outcome = dice.below(100);
  if (outcome === 0) publish(rejectEvent(email), 'failed');
  else if (outcome === 1)
    publish(
      renderingFailureEvent(email, { templateName: 'order', errorMessage: 'No value for name' }),
      'failed',
    );
  else {
    publish(sendEvent(email), 'sent');
    for (const to of recipients) {
      advanceTime();
      if (dice.chance(0.05))
        publish(deliveryDelayEvent(email, [to], { atMs, expiresAtMs: atMs + 3_600_000 }), 'delayed', [to]);
      advanceTime();
      if (dice.chance(0.08)) {
        const bounce = randomizeCase(dice, dice.pick(BOUNCES));
        publish(bounceEvent(email, [to], { atMs, bounce: { ...bounce, ...REFUSED } }), bounce.event, [to]);
        continue;
      }
      publish(deliveryEvent(email, [to], atMs), 'delivered', [to]);
      // A bounce after the delivery contradicts it, and may arrive before it.
      const afterDelivery = dice.below(100);
      if (afterDelivery < 3) {
        advanceTime();
        publish(bounceEvent(email, [to], { atMs, bounce: OUT_OF_OFFICE }), 'soft_bounced', [to]);
      } else if (afterDelivery < 6) {
        advanceTime();
        publish(bounceEvent(email, [to], { atMs, bounce: { ...LATE_BOUNCE, ...REFUSED } }), 'bounced', [to]);
      }
      if (dice.chance(0.03)) {
        advanceTime();
        publish(complaintEvent(email, [to], { atMs, complaint: ABUSE }), 'complained', [to]);
      }
    }
    // SES does not name the recipient of an open or click if the email has several recipients.
    const engaged = recipients.length === 1 ? recipients : [undefined];
    const randomEngagement = (): readonly [
      engagement: Engagement,
      counters: (event: string) => readonly string[],
    ] => {
      advanceTime();
      // The time decides, because another random number would change the rest of the lifecycle of the same seed.
      const isBotEvent = ([undefined, 'Unlikely', 'Likely'] as const)[atMs % 3];
      return [
        { atMs, ipAddress: '192.0.2.1', userAgent: 'Mail', ...(isBotEvent && { isBotEvent }) },
        (event) => (isBotEvent === 'Likely' ? [event, `${event}_automated`] : [event]),
      ];
    };
    if (dice.chance(0.2)) {
      const [engagement, counters] = randomEngagement();
      publish(openEvent(email, engagement), 'opened', engaged, counters('opened'));
    }
    if (dice.chance(0.05)) {
      const [engagement, counters] = randomEngagement();
      publish(clickEvent(email, engagement, 'https://example.com/'), 'clicked', engaged, counters('clicked'));
    }
    if (dice.chance(0.01)) {
      advanceTime();
      publish(subscriptionEvent(email, atMs), 'unsubscribed', engaged);
    }
    if (dice.chance(0.01)) {
      advanceTime();
      publish(subscriptionEvent(email, atMs, 'join a topic'), 'subscription_changed', engaged);
    }
  }
  if (dice.chance(0.01))
    published.push({ atMs, body: dice.pick(UNREADABLE_BODIES), expectedEvents: [], unreadable: true });
  return published;
}
