/**
 * Names and values that a user chose: message tags and headers. They are pairs and not an object, because as a property
 * name, `constructor` or `__proto__` would have a special meaning for our code and for the SDK's marshaller.
 */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** Converts pairs to a JSON object, only to be serialized. For a repeated name, the last value is used. */
export function pairsToJson(pairs: Pairs): Record<string, string> {
  // `Object.fromEntries` defines own properties, so that `__proto__` is an ordinary name here.
  return Object.fromEntries(pairs);
}

/** Converts pairs to the form of a row: `[name, value, name, value, …]`. This is the shortest form without property names. */
export function pairsToList(pairs: Pairs): readonly string[] {
  return pairs.flat();
}

/** The inverse of `pairsToList`. Also reads the map that rows of version 0.1.0 contain. */
export function pairsOfList(stored: unknown): Pairs {
  if (!Array.isArray(stored)) return Object.entries(stored as Readonly<Record<string, string>>);
  const list = stored as readonly string[];
  return Array.from({ length: Math.floor(list.length / 2) }, (_, index) => [
    list[index * 2] ?? '',
    list[index * 2 + 1] ?? '',
  ]);
}
