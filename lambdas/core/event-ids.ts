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
 * The `event_id`. Every copy of one outcome has the same id, on whichever path and however often it arrives. The recipient is
 * in lower case, so the bounces of `Ann@` and `ann@` are one event. `canonicalAddress` is not used, because its form may
 * change and a stored event must keep its id.
 */
export function emailEventId({ messageId, event, to, naturalKey = [] }: EventIdentity): string {
  return deterministicId('evt', [
    messageId,
    event,
    to === undefined ? '' : to.trim().toLowerCase(),
    ...naturalKey,
  ]);
}
