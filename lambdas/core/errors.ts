/** Errors are classed by what happens next. These are the only ones thrown across a module boundary on purpose. */

/** A message that no retry will ever make readable: it goes to quarantine, its neighbours are stored. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
  constructor(
    /** Stable, snake_case: what a person filters quarantine by. */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Our own fault (throttle, KMS, resolver): retried by whoever called, and never an attempt of the receiver. */
export class InternalError extends Error {
  override readonly name = 'OwnFault';
}
