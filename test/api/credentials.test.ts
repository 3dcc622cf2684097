import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialsOf, type RequestHeaders } from '../../lambdas/api/credentials.ts';

/** Generates every mix of upper and lower case of a header name or an authorization scheme. */
function anyCase(text: string): fc.Arbitrary<string> {
  return fc.mixedCase(fc.constant(text));
}

const key = fc.stringMatching(/^[0-9A-Za-z_]{1,46}$/);
const spaces = fc.stringMatching(/^[ \t]{1,3}$/);

type Header = readonly [name: string, value: string];

function inApiKeyHeader(text: string): fc.Arbitrary<Header> {
  return anyCase('x-api-key').map((name) => [name, text] as const);
}

function inBearer(text: string): fc.Arbitrary<Header> {
  return fc
    .tuple(anyCase('authorization'), anyCase('bearer'), spaces)
    .map(([name, scheme, gap]) => [name, `${scheme}${gap}${text}`] as const);
}

function inEither(text: string): fc.Arbitrary<Header> {
  return fc.oneof(inApiKeyHeader(text), inBearer(text));
}

/** The headers as API Gateway passes them: the last value of each name, and all values of each name. */
function requestHeaders(headers: readonly Header[]): RequestHeaders {
  const byName = Map.groupBy(headers, ([name]) => name);
  const multiValueHeaders = Object.fromEntries(
    [...byName].map(([name, all]) => [name, all.map(([, value]) => value)]),
  );
  return { headers: Object.fromEntries(headers), multiValueHeaders };
}

describe('the API key of a request', () => {
  it('is found in every spelling of the header, also if it is sent several times', () => {
    const spellings = key.chain((text) =>
      fc.tuple(fc.constant(text), fc.array(inEither(text), { minLength: 1, maxLength: 4 })),
    );
    fc.assert(
      fc.property(spellings, ([text, headers]) => {
        expect(credentialsOf(requestHeaders(headers))).toEqual({ kind: 'key', key: text });
      }),
    );
  });

  it('is a conflict if two keys differ, in any header and any order', () => {
    const conflicts = fc
      .uniqueArray(key, { minLength: 2, maxLength: 4 })
      .chain((texts) => fc.tuple(...texts.map(inEither)));
    fc.assert(
      fc.property(conflicts, (headers) => {
        expect(credentialsOf(requestHeaders(headers))).toEqual({ kind: 'conflict' });
      }),
    );
  });

  it.each<readonly [string, readonly Header[]]>([
    ['no header', []],
    ['an empty x-api-key', [['x-api-key', '']]],
    ['Bearer without a key', [['Authorization', 'Bearer']]],
    ['Bearer and a space', [['Authorization', 'Bearer ']]],
    ['another scheme', [['Authorization', 'Basic dXNlcjpwYXNz']]],
    ['a key without a scheme', [['Authorization', 'ivy_live_a']]],
    ['a scheme that begins with Bearer', [['Authorization', 'BearerToken a']]],
    ['a header with the name of an object property', [['constructor', 'Bearer a']]],
  ])('is missing with %s', (_title, headers) => {
    expect(credentialsOf(requestHeaders(headers))).toEqual({ kind: 'none' });
  });

  it.each<readonly [string, readonly Header[]]>([
    ['another scheme', [['Authorization', 'Basic dXNlcjpwYXNz']]],
    ['an empty Bearer', [['Authorization', 'Bearer ']]],
  ])('is read from x-api-key if Authorization has %s', (_title, others) => {
    expect(credentialsOf(requestHeaders([['x-api-key', 'a'], ...others]))).toEqual({ kind: 'key', key: 'a' });
  });

  it('is read from Authorization if x-api-key is empty', () => {
    const headers: readonly Header[] = [
      ['x-api-key', ''],
      ['Authorization', 'Bearer a'],
    ];
    expect(credentialsOf(requestHeaders(headers))).toEqual({ kind: 'key', key: 'a' });
  });

  it('is found if API Gateway passes no multi-value headers', () => {
    expect(credentialsOf({ headers: { 'x-api-key': 'a' } })).toEqual({ kind: 'key', key: 'a' });
    expect(credentialsOf({ headers: null, multiValueHeaders: null })).toEqual({ kind: 'none' });
  });
});
