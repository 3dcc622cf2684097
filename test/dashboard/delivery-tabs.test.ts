import { expect, it } from 'vitest';
import { deliveryTabs } from '../../dashboard/text/delivery-tabs.ts';

it.each([
  ['', 'All', ''],
  ['exhausted,blocked', 'Failed', 'exhausted,blocked'],
  ['exhausted', 'Failed', 'exhausted,blocked'],
  ['retrying', 'Retrying', 'retrying'],
  ['delivered', 'Succeeded', 'delivered'],
  ['cancelled', 'Canceled', 'cancelled'],
  ['pending,held', 'Pending, held', 'pending,held'],
  ['lost', 'All', ''],
])('the filter %j of the URL selects the tab %s', (param, name, status) => {
  const { tabs, current } = deliveryTabs(param);
  expect(current).toEqual({ name, status });
  expect(tabs).toContain(current);
});

it('shows five tabs unless the URL has a filter that none of them has', () => {
  const names = (param: string) => deliveryTabs(param).tabs.map((tab) => tab.name);
  expect(names('')).toEqual(['All', 'Failed', 'Retrying', 'Held', 'Succeeded']);
  expect(names('blocked')).toEqual(['All', 'Failed', 'Retrying', 'Held', 'Succeeded', 'Failed']);
});
