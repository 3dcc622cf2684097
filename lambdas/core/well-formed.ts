/**
 * A JSON value with every half of a surrogate pair replaced by U+FFFD, in names too: what DynamoDB, whose text is UTF-8,
 * can give back as it got it.
 */
export function wellFormed<T>(value: T): T {
  return isWhole(value) ? value : (mend(value) as T);
}

/** The rule, and told without making anything: every event that is stored passes here. */
function isWhole(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, each]) => name.isWellFormed() && isWhole(each));
}

function mend(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(mend);
  if (typeof value !== 'object' || value === null) return value;
  // Entries, not assignments: a tag may be called `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toWellFormed(), mend(each)]));
}
