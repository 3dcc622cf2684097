import type { EventName } from './events.ts';
import { deterministicId } from './ids.ts';

export interface EventIdentity {
  readonly messageId: string;
  readonly event: EventName;
  readonly to?: string | undefined;
  /**
   * What tells two of the same kind apart: SES's feedback id, the time in epoch milliseconds, a link. Empty where a
   * message can have only one for a recipient.
   */
  readonly naturalKey?: readonly string[];
}

/**
 * The `event_id`: the same for every copy of one outcome, whichever way and however often it reaches us. A recipient
 * counts in lower case, so the bounce of `Ann@` is not another one than that of `ann@`. This is not `canonicalAddress`:
 * that form may change, and an event that is stored must keep its id.
 */
export function emailEventId({ messageId, event, to, naturalKey = [] }: EventIdentity): string {
  return deterministicId('evt', [
    messageId,
    event,
    to === undefined ? '' : to.trim().toLowerCase(),
    ...naturalKey,
  ]);
}
