import table from './prices.json' with { type: 'json' };

/** What is paid for: one line of prices.json. */
export type Item = keyof typeof table.prices;

/** How much of what. */
export type Usage = ReadonlyMap<Item, number>;

export const { region: REGION, date: PRICED_ON, prices: PRICES } = table;

/** In the order of the page. */
export const ITEMS = Object.keys(PRICES) as readonly Item[];

/** What AWS asks nothing for, each month, of every account and for all that it does there. */
export const ALLOWANCES: Usage = new Map(Object.entries(table.allowances) as [Item, number][]);

export function usd(item: Item, quantity: number): number {
  return (PRICES[item].usd / PRICES[item].per) * quantity;
}

export function totalUsd(usage: Usage): number {
  return [...usage].reduce((sum, [item, quantity]) => sum + usd(item, quantity), 0);
}

export function scaled(usage: Usage, factor: number): Usage {
  return new Map([...usage].map(([item, quantity]) => [item, quantity * factor]));
}

export function added(...usages: readonly Usage[]): Usage {
  const sum = new Map<Item, number>();
  for (const usage of usages)
    for (const [item, quantity] of usage) sum.set(item, (sum.get(item) ?? 0) + quantity);
  return sum;
}

/** What is left to pay for when the allowances are spent on it alone. */
export function beyondAllowances(usage: Usage): Usage {
  return new Map(
    [...usage].map(([item, quantity]) => [item, Math.max(0, quantity - (ALLOWANCES.get(item) ?? 0))]),
  );
}
