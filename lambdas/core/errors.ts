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

/** A failure on our side (throttle, KMS, DNS resolver). The caller retries it. It never counts as an attempt. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}
