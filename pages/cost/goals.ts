/** The goals of the cost of a webhook, and the counted figures. */
import type { Counts, RetriedCounts } from './counts.ts';
import type { Pace } from './pipeline.ts';
import { PRICES, scaled, totalUsd, type Item, type Usage } from './prices.ts';

export const MILLION = 1_000_000;

export interface Counted {
  readonly counts: Readonly<Record<Pace, Counts>>;
  readonly retried: RetriedCounts;
}

export interface Goal {
  readonly figure: string;
  readonly value: number;
  /** The highest value. */
  readonly limit: number;
  /** Whether the value is an amount in US dollars. */
  readonly isMoney: boolean;
  /** The usage whose cost explains a missed goal. */
  readonly usage?: Usage;
}

/** An email costs the same in SES without IvyMail Events. */
export function withoutSes(usage: Usage): Usage {
  return new Map([...usage].filter(([item]) => PRICES[item].service !== 'SES'));
}

export function millionUsd(usage: Usage): number {
  return totalUsd(scaled(withoutSes(usage), MILLION));
}

export function goals({ counts: { burst, trickle }, retried }: Counted): readonly Goal[] {
  const each = (figure: string, value: number, limit: number): Goal => ({
    figure,
    value,
    limit,
    isMoney: false,
  });
  const million = (figure: string, usage: Usage, limit: number): Goal => ({
    figure: `a million ${figure}`,
    value: millionUsd(usage),
    limit,
    isMoney: true,
    usage,
  });
  const quantity = (usage: Usage, item: Item): number => usage.get(item) ?? 0;
  return [
    each('calls to AWS per webhook, burst', burst.callsPerWebhook, 2.2),
    each('write units per webhook, burst', quantity(burst.webhook, 'dynamodb.write'), 3.1),
    each('state machine executions per webhook, burst', burst.executionsPerWebhook, 0.05),
    each(
      `transitions of Redeliver per webhook that needs one retry, ${retried.together.size} at once`,
      retried.together.redeliverTransitions,
      0.1,
    ),
    million('webhooks, burst', burst.webhook, 4.5),
    million('webhooks, trickle', trickle.webhook, 9.5),
    million(`webhooks that need one retry, ${retried.together.size} at once`, retried.together.usage, 12),
    million('emails, burst', burst.email, 14),
    million('emails, trickle', trickle.email, 18),
  ];
}
