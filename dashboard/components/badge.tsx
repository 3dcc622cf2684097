import type { Delivery } from '../api/types.ts';
import { DELIVERY_STATUS_TEXT } from '../text/delivery-status.ts';

/** The color of each status. A status has the same color on every page, for events, deliveries and endpoints. */
const TONES: Readonly<Record<string, string>> = {
  sent: 'sent',
  delivered: 'good',
  active: 'good',
  completed: 'good',
  delayed: 'warn',
  retrying: 'warn',
  pending: 'sent',
  running: 'warn',
  counting: 'warn',
  soft_bounced: 'soft',
  bounced: 'bad',
  exhausted: 'bad',
  disabled: 'bad',
  failing: 'bad',
  complained: 'complaint',
  suppressed: 'held',
  held: 'held',
  paused: 'held',
  failed: 'fail',
  blocked: 'fail',
  opened: 'seen',
  clicked: 'seen',
  unsubscribed: 'sent',
  subscription_changed: 'sent',
};

export function toneOf(status: string): string {
  return Object.hasOwn(TONES, status) ? (TONES[status] ?? 'sent') : 'sent';
}

export function StatusBadge({ status }: { readonly status: string }) {
  return (
    <span class="badge" data-tone={toneOf(status)}>
      {status}
    </span>
  );
}

/** The status of a webhook delivery, by the name that the dashboard shows. */
export function DeliveryBadge({ status }: { readonly status: Delivery['status'] }) {
  const { name, tone } = DELIVERY_STATUS_TEXT[status];
  return (
    <span class="badge" data-tone={tone}>
      {name}
    </span>
  );
}
