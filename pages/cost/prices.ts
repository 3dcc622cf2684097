import table from './prices.json' with { type: 'json' };

/** An item that AWS bills: one entry of prices.json. */
export type Item = keyof typeof table.prices;

/** The quantity of each item. */
export type Usage = ReadonlyMap<Item, number>;

export const { region: REGION, date: PRICED_ON, prices: PRICES } = table;

/** The items in the order of the cost page. */
export const ITEMS = Object.keys(PRICES) as readonly Item[];

/** The free quantity of each item per month. It applies to the whole AWS account, so all workloads in the account share it. */
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

/** The billed usage, if no other workload in the account uses the allowances. */
export function beyondAllowances(usage: Usage): Usage {
  return new Map(
    [...usage].map(([item, quantity]) => [item, Math.max(0, quantity - (ALLOWANCES.get(item) ?? 0))]),
  );
}
