import type { Delivery } from '../api/types.ts';

type DeliveryStatus = Delivery['status'];

interface DeliveryStatusText {
  /** The name that the dashboard shows. It differs from the API value where that value is also the name of an email event. */
  readonly name: string;
  /** The color, as a value of the attribute `data-tone`. */
  readonly tone: string;
  /** What the status means for the user, as one or two sentences. */
  readonly text: string;
}

const FAILED = 'failed';

export const DELIVERY_STATUS_TEXT: Readonly<Record<DeliveryStatus, DeliveryStatusText>> = {
  pending: { name: 'pending', tone: 'sent', text: 'The first attempt is in progress.' },
  retrying: {
    name: 'retrying',
    tone: 'warn',
    text: 'The last attempt failed. IvyMail Events will try again.',
  },
  delivered: { name: 'succeeded', tone: 'good', text: 'Your endpoint accepted the event.' },
  exhausted: {
    name: FAILED,
    tone: 'bad',
    text: 'All attempts failed. Redeliver the event when your endpoint is healthy again.',
  },
  blocked: {
    name: FAILED,
    tone: 'bad',
    text: 'Not sent: the URL of the endpoint resolves to a non-public IP address. Change the URL, then redeliver the event.',
  },
  held: {
    name: 'held',
    tone: 'held',
    text: 'Not sent yet, because the endpoint is failing, paused or disabled. The event is sent after a successful probe or a resume.',
  },
  cancelled: {
    name: 'canceled',
    tone: 'sent',
    text: 'Not sent: the endpoint was deleted, or the event has expired.',
  },
};

/** Whether IvyMail Events has given up on the delivery, so that only a redelivery or a recovery sends the event again. */
export function isFailedDelivery(status: DeliveryStatus): boolean {
  return DELIVERY_STATUS_TEXT[status].name === FAILED;
}
