/** Why a request is not a genuine webhook. The test vectors in docs/verify/vectors.json use the same names. */
export type WebhookVerificationErrorCode =
  /** A header is missing or empty. */
  | 'header_missing'
  /** `webhook-id` contains a character that no id contains. */
  | 'id_malformed'
  /** `webhook-timestamp` is not a time in seconds, in ten digits. */
  | 'timestamp_malformed'
  /** The webhook was signed more than 5 minutes ago. It may be a replay of a genuine webhook. */
  | 'timestamp_too_old'
  /** The webhook was signed more than 5 minutes in the future. */
  | 'timestamp_too_new'
  /** No signature is from one of the secrets, over this id, timestamp and body. */
  | 'no_matching_signature'
  /** The signature is valid, but the body is not a JSON object with an `event`. */
  | 'body_not_event';

/** The request is not a genuine webhook. Respond with 401 and do not process it. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
  readonly code: WebhookVerificationErrorCode;

  constructor(code: WebhookVerificationErrorCode, message: string) {
    super(`${message} Respond with 401.`);
    this.code = code;
  }
}
