/**
 * Names and values that a user chose: message tags, headers. They are pairs and never an object, because a name such as
 * `constructor` or `__proto__` has a meaning of its own as a property name, for our code and for the SDK's marshaller.
 */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** As a JSON object, to be serialized and not to be walked. The last value of a repeated name counts. */
export function pairsToJson(pairs: Pairs): Record<string, string> {
  // `Object.fromEntries` defines own properties, so that `__proto__` is an ordinary name here.
  return Object.fromEntries(pairs);
}

/** In a row: `[name, value, name, value, …]`, the shortest form without property names. */
export function pairsToList(pairs: Pairs): readonly string[] {
  return pairs.flat();
}

/** The inverse of `pairsToList`. Rows of version 0.1.0 hold a map, which is read as well. */
export function pairsOfList(stored: unknown): Pairs {
  if (!Array.isArray(stored)) return Object.entries(stored as Readonly<Record<string, string>>);
  const list = stored as readonly string[];
  return Array.from({ length: Math.floor(list.length / 2) }, (_, index) => [
    list[index * 2] ?? '',
    list[index * 2 + 1] ?? '',
  ]);
}
