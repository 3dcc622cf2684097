/** What went wrong in a way that the person at the keyboard can mend; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
