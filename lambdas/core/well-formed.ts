/**
 * Replaces every lone surrogate in a JSON value, including names, by U+FFFD. DynamoDB stores text as UTF-8. Without the
 * replacement, it would return a different text than it received.
 */
export function wellFormed<T>(value: T): T {
  return isWellFormedJson(value) ? value : (toWellFormedJson(value) as T);
}

/** Checks without a copy, because every stored event is checked and almost all are well-formed. */
function isWellFormedJson(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, each]) => name.isWellFormed() && isWellFormedJson(each));
}

function toWellFormedJson(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(toWellFormedJson);
  if (typeof value !== 'object' || value === null) return value;
  // `Object.fromEntries` is safe for a tag with the name `__proto__`. An assignment is not.
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name.toWellFormed(), toWellFormedJson(each)]),
  );
}
