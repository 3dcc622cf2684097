/** The errors that modules throw to each other. Each class determines how the caller reacts. */

/** A message that no retry makes readable. It is moved to the quarantine, and the rest of its batch is stored. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
  constructor(
    /** Stable, in snake_case. Operators filter the quarantine by it. */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * A failure on our side, such as a write that DynamoDB left unprocessed. The caller retries, and the failure itself is not
 * stored as an attempt. If a delivery still fails after a day of retries, one attempt with the error class `internal` is
 * stored. A DNS failure is not an InternalError. It is an attempt with the error class `dns_error`.
 */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/**
 * AWS refuses an effect of a reputation event until an operator repairs the topic, the configuration set or a permission. The event
 * is moved to the dead-letter queue, so that the webhooks of other events need not wait for the operator.
 */
export class RefusedEffect extends Error {
  override readonly name = 'RefusedEffect';
}
