import { DELIVERY_STATUSES } from '../../lambdas/core/deliveries.ts';
import { DELIVERY_STATUS_TEXT } from './delivery-status.ts';

/** A filter of the deliveries of an endpoint. */
export interface DeliveryTab {
  readonly name: string;
  /** The value of the API parameter `status`: empty, or statuses separated by commas. */
  readonly status: string;
}

export const DELIVERY_TABS: readonly DeliveryTab[] = [
  { name: 'All', status: '' },
  { name: 'Failed', status: 'exhausted,blocked' },
  { name: 'Retrying', status: 'retrying' },
  { name: 'Held', status: 'held' },
  { name: 'Succeeded', status: 'delivered' },
];

/**
 * The tabs to show for a filter in the page URL. A filter that no tab has, such as `cancelled`, gets a tab of its own after
 * the others. An unknown status is ignored.
 */
export function deliveryTabs(param: string): {
  readonly tabs: readonly DeliveryTab[];
  readonly current: DeliveryTab;
} {
  const statuses = DELIVERY_STATUSES.filter((status) => param.split(',').includes(status));
  const status = statuses.join(',');
  const current = DELIVERY_TABS.find((tab) => tab.status === status || tab.status.split(',')[0] === status);
  if (current) return { tabs: DELIVERY_TABS, current };
  const names = new Set(statuses.map((each) => DELIVERY_STATUS_TEXT[each].name));
  const name = [...names].join(', ');
  const extra = { name: name.charAt(0).toUpperCase() + name.slice(1), status };
  return { tabs: [...DELIVERY_TABS, extra], current: extra };
}
