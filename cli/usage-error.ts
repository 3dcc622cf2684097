/** An error in the command line, which the user can correct. The exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
