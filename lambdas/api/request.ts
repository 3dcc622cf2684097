import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Scope } from '../core/api-key.ts';
import { ApiError } from './errors.ts';
import { parseJson } from './json.ts';

/** The caller of a route: what the authorizer found for the API key. */
export interface Caller {
  readonly workspaceId: string;
  readonly keyId: string;
  /** Absent while an authorizer of v0.1.0 is still running. */
  readonly keyName?: string;
  readonly scopes: readonly Scope[];
}

/** The caller of a public route. It has no workspace and no scopes. */
export const NO_CALLER: Caller = { workspaceId: '', keyId: '', scopes: [] };

/** SES accepts 40 MB, but Lambda accepts at most 6 MB of JSON, and base64 and escapes make the body larger. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Reads the caller from the authorizer's context, whose values are all strings. */
export function callerOf(event: APIGatewayProxyEvent): Caller {
  const context = (event.requestContext.authorizer ?? {}) as Record<string, string | undefined>;
  const { workspace_id: workspaceId, key_id: keyId, key_name: keyName, scopes, credentials } = context;
  if (credentials === 'conflict') {
    throw new ApiError(
      'invalid_parameter',
      'x-api-key and Authorization contain different API keys. Send the key in only one of these headers',
      { field: 'authorization' },
    );
  }
  if (workspaceId === undefined || keyId === undefined || scopes === undefined) {
    throw new Error('The request has no caller: the route has no authorizer');
  }
  return {
    workspaceId,
    keyId,
    ...(keyName !== undefined && { keyName: decodeURIComponent(keyName) }),
    scopes: scopes.split(' ') as Scope[],
  };
}

/** The query parameters. A repeated parameter is refused, because its value would be ambiguous. */
export function queryOf(event: APIGatewayProxyEvent): Readonly<Record<string, string>> {
  const query: [string, string][] = [];
  for (const [name, values = []] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    const [value] = values;
    if (values.length > 1)
      throw new ApiError('invalid_parameter', 'This parameter must not appear more than once', {
        field: name,
      });
    if (value !== undefined) query.push([name, value]);
  }
  return Object.fromEntries(query);
}

/** The headers by lower-case name. */
export function headersOf(event: APIGatewayProxyEvent): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(event.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), value]],
    ),
  );
}

/** The body as text, byte for byte. Empty if the request has no body. */
export function rawBodyOf(event: APIGatewayProxyEvent): string {
  const { body } = event;
  if (body === null || body === '' || !event.isBase64Encoded) return body ?? '';
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(body, 'base64'));
  } catch (cause) {
    throw new ApiError('invalid_json', 'The body is not UTF-8', { cause });
  }
}

/** The parsed JSON body, not yet checked by a schema. A body that is too long is not parsed. */
export function bodyOf(event: APIGatewayProxyEvent, maxBytes = MAX_BODY_BYTES): unknown {
  const type = headersOf(event)['content-type'];
  if (type !== undefined && !/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new ApiError('unsupported_media_type', 'The Content-Type header must be application/json');
  }
  const text = rawBodyOf(event);
  if (text === '') throw new ApiError('invalid_json', 'The request has no body');
  if (Buffer.byteLength(text) > maxBytes) {
    throw new ApiError('body_too_large', `The body has more than ${maxBytes} bytes`);
  }
  return parseJson(text);
}
