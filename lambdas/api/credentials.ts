type Headers = Readonly<Record<string, string | undefined>>;

/** The headers of a request as API Gateway passes them: the last value of each name, and all values of each name. */
export interface RequestHeaders {
  readonly headers: Headers | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
}

export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: string }
  /** The request carries two keys that differ. No code may choose one of them. */
  | { readonly kind: 'conflict' };

/** RFC 6750 section 2.1. The scheme is compared without case (RFC 9110 section 11.1). */
function bearerToken(value: string): string | undefined {
  return /^bearer[ \t]+(.*)$/i.exec(value.trim())?.[1]?.trim();
}

/** The key that one header value carries. Another scheme than Bearer carries no key of ours. */
const KEY_OF: Readonly<Record<string, (value: string) => string | undefined>> = {
  'x-api-key': (value) => value,
  authorization: bearerToken,
};

function valuesOf({ headers, multiValueHeaders }: RequestHeaders): readonly (readonly [string, string])[] {
  const all = [...Object.entries(headers ?? {}), ...Object.entries(multiValueHeaders ?? {})];
  return all.flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => [name.toLowerCase(), each] as const),
  );
}

/** The API key of a request: `x-api-key: <key>`, or `Authorization: Bearer <key>`, or both with the same key. */
export function credentialsOf(given: RequestHeaders): Credentials {
  const keys = new Set(
    valuesOf(given).flatMap(([name, value]) => {
      const key = Object.hasOwn(KEY_OF, name) ? KEY_OF[name]?.(value) : undefined;
      return key === undefined || key === '' ? [] : [key];
    }),
  );
  const [key] = keys;
  if (key === undefined) return { kind: 'none' };
  return keys.size === 1 ? { kind: 'key', key } : { kind: 'conflict' };
}
