import type { SuppressionReason } from './events.ts';
import { isJsonObject } from './json.ts';

/** A recipient that no email is sent to, with the reason. */
export interface SuppressedRecipient {
  readonly address: string;
  readonly reason: SuppressionReason;
}

/** The plan of one send request. All addresses are bare and distinct. */
export interface SendIntent {
  readonly workspace_id: string;
  /** `ivm_…`. The value of the send's message tag, and the message id of an email that SES never accepts. */
  readonly send_id: string;
  readonly accepted: readonly string[];
  readonly suppressed: readonly SuppressedRecipient[];
  /** RFC 3339. Also the time of the events that the send itself stores, so that storing them again changes nothing. */
  readonly created_at: string;
}

/** The result of a send: SES's message id, or our own id if SES refused the email or was not called. */
export interface SendOutcome {
  readonly message_id: string;
  /** Set if SES refuses the email permanently. The code is one of the API's error codes. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

/** The message tag that contains the `send_id`. SES repeats it in each event of the email. */
export const SEND_TAG = 'ivymail_send';

/** The `send_id` in the text of an SES event. Undefined if the email was sent without an idempotency key, or not by us. */
export function sendIdOf(rawEvent: string): string | undefined {
  const ses: unknown = JSON.parse(rawEvent);
  const mail = isJsonObject(ses) ? ses['mail'] : undefined;
  const tags = isJsonObject(mail) ? mail['tags'] : undefined;
  const values = isJsonObject(tags) ? tags[SEND_TAG] : undefined;
  const value: unknown = Array.isArray(values) ? values[0] : undefined;
  return typeof value === 'string' ? value : undefined;
}
