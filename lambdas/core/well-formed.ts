/**
 * A JSON value with every half of a surrogate pair replaced by U+FFFD, in names too: what DynamoDB, whose text is UTF-8,
 * can give back as it got it.
 */
export function wellFormed<T>(value: T): T {
  return mend(value) as T;
}

function mend(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(mend);
  if (typeof value !== 'object' || value === null) return value;
  // Entries, not assignments: a tag may be called `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.toWellFormed(), mend(each)]));
}
