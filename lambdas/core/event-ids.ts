import type { EventName } from './events.ts';
import { deterministicId } from './ids.ts';

export interface EventIdentity {
  readonly messageId: string;
  readonly event: EventName;
  readonly to?: string | undefined;
  /**
   * Distinguishes two events of the same name for one recipient: SES's feedback id, the time in epoch milliseconds, a link.
   * Empty if a message can have only one such event per recipient.
   */
  readonly naturalKey?: readonly string[];
}

/**
 * Returns the `event_id`. SES, SNS and SQS can deliver the same event more than once. Every copy gets the same id, so the table
 * stores the event once. The recipient is compared in lower case, so the bounces of `Ann@` and `ann@` are one event. This
 * function does not use `canonicalAddress`, because a later version may change the canonical form. A stored event must keep its
 * id.
 */
export function emailEventId({ messageId, event, to, naturalKey = [] }: EventIdentity): string {
  return deterministicId('evt', [
    messageId,
    event,
    to === undefined ? '' : to.trim().toLowerCase(),
    ...naturalKey,
  ]);
}
