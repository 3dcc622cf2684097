import { EVENT_NAMES, type EmailEvent, type EventName } from './events.ts';
import { addHistograms, type Histogram } from './histogram.ts';
import { isMailboxSimulator } from './mailbox-simulator.ts';

/**
 * The events that are also counted in a second counter: automated opens and clicks, and the events of emails that never reached
 * SES.
 */
const PART_COUNTERS = {
  opened: 'opened_automated',
  clicked: 'clicked_automated',
  suppressed: 'suppressed_before_send',
  failed: 'failed_before_send',
} as const;
type PartCounter = (typeof PART_COUNTERS)[keyof typeof PART_COUNTERS];

function partCounterOf(name: EventName): PartCounter | undefined {
  return Object.hasOwn(PART_COUNTERS, name) ? PART_COUNTERS[name as keyof typeof PART_COUNTERS] : undefined;
}

/** A counter of events: the total of each event name, and a part of some of the totals. */
export type CounterName = EventName | PartCounter;

/** Every counter of events. The counter of a part follows its total. */
export const COUNTER_NAMES: readonly CounterName[] = EVENT_NAMES.flatMap((name) => {
  const part = partCounterOf(name);
  return part === undefined ? [name] : [name, part];
});

/** What decides in which counters an event is counted. */
export interface CountedEvent extends Pick<EmailEvent, 'event' | 'to' | 'details'> {
  /** Whether IvyMail created the event instead of SES, because the email was never passed to SES or SES refused the request. */
  readonly beforeSend: boolean;
}

/**
 * The counters that one event adds 1 to: none for an email to the SES mailbox simulator, because SES does not count it
 * either. An event without a recipient (an open or a click of an email to several recipients) is counted.
 */
export function countersOf({ event, to, details, beforeSend }: CountedEvent): readonly CounterName[] {
  if (to !== undefined && isMailboxSimulator(to)) return [];
  const part = partCounterOf(event);
  const isEngagement = event === 'opened' || event === 'clicked';
  const isInPart = isEngagement ? details.automated === true : beforeSend;
  return part !== undefined && isInPart ? [event, part] : [event];
}

export type EventCounts = Readonly<Record<CounterName, number>>;

export function zeroCounts(): Record<CounterName, number> {
  return Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Record<CounterName, number>;
}

export function addCounts(all: readonly EventCounts[]): EventCounts {
  const sum = zeroCounts();
  for (const counts of all) for (const name of COUNTER_NAMES) sum[name] += counts[name];
  return sum;
}

/** The counters of one endpoint. */
export interface EndpointCounts {
  readonly attempts: number;
  /** Attempts without a 2xx response. */
  readonly failures: number;
  readonly durations: Histogram;
}

export const NO_ATTEMPTS: EndpointCounts = { attempts: 0, failures: 0, durations: {} };

export function addEndpointCounts(all: readonly EndpointCounts[]): EndpointCounts {
  return {
    attempts: all.reduce((sum, { attempts }) => sum + attempts, 0),
    failures: all.reduce((sum, { failures }) => sum + failures, 0),
    durations: addHistograms(all.map(({ durations }) => durations)),
  };
}

/**
 * The rates at which SES reviews an account, and the rates at which SES can pause it.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-dg.html
 */
export const SES_LIMITS = {
  bounce: { review: 0.05, pause: 0.1 },
  complaint: { review: 0.001, pause: 0.005 },
} as const;

/** Each rate is a share of 1, or null where its denominator is 0. */
export interface Rates {
  readonly delivery: number | null;
  readonly bounce: number | null;
  readonly complaint: number | null;
  readonly open: number | null;
  readonly click: number | null;
}

/** A share of 1, or null if the denominator is 0. */
export function ratio(part: number, total: number): number | null {
  return total === 0 ? null : part / total;
}

/** The number of outcomes of emails that SES accepted. A delay is no outcome, and a complaint follows an outcome. */
function outcomesOf(counts: EventCounts): number {
  const suppressed = counts.suppressed - counts.suppressed_before_send;
  const failed = counts.failed - counts.failed_before_send;
  return counts.delivered + counts.bounced + counts.soft_bounced + suppressed + failed;
}

/**
 * The number of emails that SES accepted and that have no outcome yet. Never below 0: the outcomes of a range can be more than its
 * emails, if the emails were sent before the range or have two outcomes.
 */
export function inFlightOf(counts: EventCounts): number {
  return Math.max(0, counts.sent - outcomesOf(counts));
}

/**
 * The delivery rate is the share of `delivered` in the outcomes of accepted emails. An email without an outcome does not lower it. The
 * bounce rate is a share of `sent`, as in SES. The other rates are shares of `delivered`. The open and click rates exclude automated
 * events. Except for the delivery rate, a rate can exceed 1, because a recipient can open an email more than once, and because the
 * `sent` of an email can be in an earlier interval than its outcome.
 */
export function ratesOf(counts: EventCounts): Rates {
  const { sent, delivered } = counts;
  return {
    delivery: ratio(delivered, outcomesOf(counts)),
    bounce: ratio(counts.bounced, sent),
    complaint: ratio(counts.complained, delivered),
    open: ratio(counts.opened - counts.opened_automated, delivered),
    click: ratio(counts.clicked - counts.clicked_automated, delivered),
  };
}
