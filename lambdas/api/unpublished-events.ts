import { bareAddress } from '../core/addresses.ts';
import { emailEventId } from '../core/event-ids.ts';
import type { EmailEvent, EventDetails } from '../core/events.ts';
import type { SendOutcome } from '../core/sends.ts';
import type { PlannedEmail } from './send-command.ts';

/**
 * The events that SES does not publish: `suppressed` for each suppressed recipient and, if SES refused the email, `failed` for
 * the others. Their ids and times come from the intent, so a repeated request creates the same events.
 */
export function eventsOfSend(
  { body, intent }: PlannedEmail,
  outcome: SendOutcome,
  configurationSet: string,
): readonly EmailEvent[] {
  const { message_id: messageId, refusal } = outcome;
  const eventOf = (event: 'suppressed' | 'failed', to: string, details: EventDetails): EmailEvent => ({
    event_id: emailEventId({ messageId, event, to }),
    message_id: messageId,
    workspace_id: intent.workspace_id,
    event,
    to,
    from: bareAddress(body.from),
    subject: body.subject,
    timestamp: intent.created_at,
    ...(body.tags.length > 0 && { tags: body.tags }),
    configuration_set: configurationSet,
    details,
  });
  const failed = refusal
    ? intent.accepted.map((to) =>
        eventOf('failed', to, { error_code: refusal.code, error_message: refusal.message }),
      )
    : [];
  const suppressed = intent.suppressed.map(({ address, reason }) =>
    eventOf('suppressed', address, { suppression_reason: reason }),
  );
  return [...failed, ...suppressed];
}
