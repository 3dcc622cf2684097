import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Scope } from '../core/api-key.ts';
import { ApiError } from './errors.ts';
import { parseJson } from './json.ts';

/** Who asks: what the authorizer found for the key. */
export interface Caller {
  readonly workspaceId: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}

/** The caller of a route that needs no key; owns nothing. */
export const NO_CALLER: Caller = { workspaceId: '', keyId: '', scopes: [] };

/** SES takes 40 MB, but API Gateway and Lambda pass 6 MB of JSON at the most. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The authorizer's context: all values are text. */
export function callerOf(event: APIGatewayProxyEvent): Caller {
  const context = (event.requestContext.authorizer ?? {}) as Record<string, string | undefined>;
  const { workspace_id: workspaceId, key_id: keyId, scopes, credentials } = context;
  if (credentials === 'conflict') {
    throw new ApiError(
      'invalid_parameter',
      'x-api-key and Authorization carry different API keys; send the key in one of these headers',
      { field: 'authorization' },
    );
  }
  if (workspaceId === undefined || keyId === undefined || scopes === undefined) {
    throw new Error('The request came without a caller: the route has no authorizer');
  }
  return { workspaceId, keyId, scopes: scopes.split(' ') as Scope[] };
}

/** Each parameter once: of a repeated one nobody could say which counts. */
export function queryOf(event: APIGatewayProxyEvent): Readonly<Record<string, string>> {
  const query: [string, string][] = [];
  for (const [name, values = []] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    const [value] = values;
    if (values.length > 1)
      throw new ApiError('invalid_parameter', 'The parameter is given twice', { field: name });
    if (value !== undefined) query.push([name, value]);
  }
  return Object.fromEntries(query);
}

/** By lower-case name. */
export function headersOf(event: APIGatewayProxyEvent): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(event.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), value]],
    ),
  );
}

/** The body as text, byte for byte; empty where there is none. */
export function rawBodyOf(event: APIGatewayProxyEvent): string {
  const { body } = event;
  if (body === null || body === '' || !event.isBase64Encoded) return body ?? '';
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(body, 'base64'));
  } catch (cause) {
    throw new ApiError('invalid_json', 'The body is not UTF-8', { cause });
  }
}

/** The JSON body, not checked yet; one that is too long is not even parsed. */
export function bodyOf(event: APIGatewayProxyEvent, maxBytes = MAX_BODY_BYTES): unknown {
  const type = headersOf(event)['content-type'];
  if (type !== undefined && !/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new ApiError('unsupported_media_type', 'The body must be application/json');
  }
  const text = rawBodyOf(event);
  if (text === '') throw new ApiError('invalid_json', 'The request has no body');
  if (Buffer.byteLength(text) > maxBytes) {
    throw new ApiError('body_too_large', `The body has more than ${maxBytes} bytes`);
  }
  return parseJson(text);
}
