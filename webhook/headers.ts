type HeaderValue = string | readonly string[] | undefined;

/** The headers of a request: fetch `Headers`, Node's `request.headers`, an object in any letter case, a `Map`, or pairs. */
export type WebhookHeaders =
  | Iterable<readonly [name: string, value: HeaderValue]>
  | { readonly [name: string]: HeaderValue }
  // Without the library DOM.Iterable, the type of fetch Headers is not iterable. The object always is.
  | { forEach(callback: (value: string, name: string) => void): void };

const WRONG_HEADERS =
  'Pass the headers of the request: fetch Headers, an object, or pairs of names and values.';

/**
 * Returns the headers by name in lower case. The values of a repeated header are joined by spaces, so that several signatures are
 * read as one header, and a repeated id is malformed. Throws a TypeError for any other value.
 */
export function readHeaders(headers: WebhookHeaders): ReadonlyMap<string, string> {
  // A promise has no entries, so without this check every header would seem to be missing.
  if (typeof headers !== 'object' || headers === null || 'then' in headers)
    throw new TypeError(WRONG_HEADERS);
  const entries: Iterable<unknown> = Symbol.iterator in headers ? headers : Object.entries(headers);
  const found = new Map<string, string>();
  for (const entry of entries) {
    if (!Array.isArray(entry)) throw new TypeError(WRONG_HEADERS);
    const [name, value] = entry as [name: string, value: HeaderValue];
    const key = name.toLowerCase();
    // An empty value adds nothing, so an empty header is a missing header.
    found.set(key, [found.get(key) ?? [], value ?? []].flat().join(' '));
  }
  return found;
}
