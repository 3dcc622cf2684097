type Headers = Readonly<Record<string, string | undefined>>;

/** The headers of a request from API Gateway: `headers` contains the last value of each name. `multiValueHeaders` contains all values. */
export interface RequestHeaders {
  readonly headers: Headers | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
}

export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: string }
  /** The request contains two different keys. It is rejected, because either key could be the wrong one. */
  | { readonly kind: 'conflict' };

/** The token of a Bearer header (RFC 6750 section 2.1). The scheme is case-insensitive (RFC 9110 section 11.1). */
function bearerToken(value: string): string | undefined {
  return /^bearer[ \t]+(.*)$/i.exec(value.trim())?.[1]?.trim();
}

/** Reads the key from the value of each header that can contain one. An Authorization header with another scheme contains no key. */
const READ_KEY: Readonly<Record<string, (value: string) => string | undefined>> = {
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
export function credentialsOf(request: RequestHeaders): Credentials {
  const keys = new Set(
    valuesOf(request).flatMap(([name, value]) => {
      const key = Object.hasOwn(READ_KEY, name) ? READ_KEY[name]?.(value) : undefined;
      return key === undefined || key === '' ? [] : [key];
    }),
  );
  const [key] = keys;
  if (key === undefined) return { kind: 'none' };
  return keys.size === 1 ? { kind: 'key', key } : { kind: 'conflict' };
}
