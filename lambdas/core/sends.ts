import type { SuppressionReason } from './events.ts';
import { isJsonObject } from './json.ts';

/** A recipient that is left out of a mail, and why. */
export interface SuppressedRecipient {
  readonly address: string;
  readonly reason: SuppressionReason;
}

/** What one request to send is about to do; bare addresses, each once. */
export interface SendIntent {
  readonly workspace_id: string;
  /** `ivm_…`: names the send in its tag, and is the message id of a mail that SES never takes. */
  readonly send_id: string;
  readonly accepted: readonly string[];
  readonly suppressed: readonly SuppressedRecipient[];
  /** RFC 3339; also the time of the events that the send itself makes, so that storing them again changes nothing. */
  readonly created_at: string;
}

/** What came of it: SES's message id, or our own where SES refused the mail or was not asked. */
export interface SendOutcome {
  readonly message_id: string;
  /** SES will never send it; the code is one of the API's. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

/** The message tag that says which send of ours a mail is: SES repeats it in each event of the mail. */
export const SEND_TAG = 'ivymail_send';

/** The `send_id` in an SES event, given as its text; none where the mail was sent without a key, or not by us. */
export function sendIdOf(rawEvent: string): string | undefined {
  const ses: unknown = JSON.parse(rawEvent);
  const mail = isJsonObject(ses) ? ses['mail'] : undefined;
  const tags = isJsonObject(mail) ? mail['tags'] : undefined;
  const values = isJsonObject(tags) ? tags[SEND_TAG] : undefined;
  const value: unknown = Array.isArray(values) ? values[0] : undefined;
  return typeof value === 'string' ? value : undefined;
}
