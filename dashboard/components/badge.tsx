import type { Delivery } from '../api/types.ts';
import { DELIVERY_STATUS_TEXT } from '../text/delivery-status.ts';
import { statusLabel } from '../text/status.ts';

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

function Badge({ tone, text }: { readonly tone: string; readonly text: string }) {
  return (
    <span class="badge" data-tone={tone}>
      {statusLabel(text)}
    </span>
  );
}

/** The status of an event, an email, an endpoint or a recovery, in words. */
export function StatusBadge({ status }: { readonly status: string }) {
  return <Badge tone={toneOf(status)} text={status} />;
}

/** The status of a webhook delivery, by the name that the dashboard shows. */
export function DeliveryBadge({ status }: { readonly status: Delivery['status'] }) {
  const { name, tone } = DELIVERY_STATUS_TEXT[status];
  return <Badge tone={tone} text={name} />;
}
