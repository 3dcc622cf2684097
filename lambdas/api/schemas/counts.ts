/** The counts and rates of events, which several responses contain. */
import * as z from 'zod/mini';
import { COUNTER_NAMES, type CounterName } from '../../core/stats.ts';
import { documented, named } from './documented.ts';

/** A schema for a ratio, which is null if the denominator is 0. */
export function rateOf(formula: string) {
  return documented(z.nullable(z.number()), `${formula}. Null if the denominator is 0.`);
}

/** A number of events or emails. */
export const COUNT = z.int().check(z.minimum(0));
export const counts = named(
  'EventCounts',
  // An object with one property per counter. From a record, generated clients would not know the names of the counters.
  z.strictObject(
    Object.fromEntries(COUNTER_NAMES.map((name) => [name, COUNT])) as Record<CounterName, typeof COUNT>,
  ),
  {
    description:
      'Number of events by name. `opened` and `clicked` include automated events. `opened_automated` and `clicked_automated` count only the events that software caused. `suppressed` and `failed` include the events of emails that Amazon SES never accepted. `suppressed_before_send` and `failed_before_send` count only these. Emails to the SES mailbox simulator are not counted.',
  },
);

/** Ratios of the counts of one range, interval or group. */
export const rates = {
  delivery: rateOf(
    'delivered ÷ (delivered + bounced + soft_bounced + suppressed − suppressed_before_send + failed − failed_before_send). Emails in flight are not included',
  ),
  bounce: rateOf('bounced ÷ sent. Soft bounces are not included'),
  complaint: rateOf('complained ÷ delivered'),
  open: rateOf('(opened − opened_automated) ÷ delivered. Every open counts, so the ratio can exceed 1'),
  click: rateOf('(clicked − clicked_automated) ÷ delivered. Every click counts, so the ratio can exceed 1'),
};

export const ratesJson = named('Rates', z.strictObject(rates), {
  description: 'Ratios, computed from the counts of the same range or bucket.',
});
