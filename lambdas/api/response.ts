import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { deterministicId } from '../core/ids.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, STATUS_OF_CODE, notFound } from './errors.ts';
import { parse } from './parse.ts';
import { NO_CALLER, bodyOf, callerOf, headersOf, queryOf, rawBodyOf, type Caller } from './request.ts';
import type { Route, RouteResponse } from './route.ts';

const INTERNAL_ERROR_RETRY_SECONDS = 5;

export interface ApiResponse {
  readonly result: APIGatewayProxyResult;
  /** For the log: the pattern, never the path, which may hold an address. */
  readonly route: string;
  readonly workspaceId?: string;
  /** A loggedError of ours, which the answer does not show. */
  readonly loggedError?: unknown;
  readonly errorCode?: string;
}

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * A part of the path, decoded once. API Gateway REST passes `path` and `pathParameters` still percent-encoded:
 * `%252F` arrives as `%252F`, and `%20` as `%20` (docs/adr/0020-canonical-address-and-path-decoding.md names the captures). A query arrives decoded.
 */
function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const params: Record<string, string> = {};
  const last = wanted.at(-1) ?? '';
  // As API Gateway writes it: whatever follows, as it came.
  if (last.endsWith('+}') && given.length >= wanted.length) {
    wanted.pop();
    params[last.slice(1, -2)] = given.splice(wanted.length).join('/');
  }
  if (wanted.length !== given.length) return undefined;
  for (const [index, part] of wanted.entries()) {
    const value = decode(given[index] ?? '');
    if (value === undefined || (value === '') !== (part === '')) return undefined;
    if (part.startsWith('{')) params[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

/** Parts of a path that stand for any. */
function placeholderCount({ path }: Route): number {
  return path.split('{').length - 1;
}

function findRoute(routes: readonly Route[], event: APIGatewayProxyEvent): Match {
  const matches = routes.flatMap((route): Match[] => {
    const params = matchPath(route.path, event.path);
    return params ? [{ route, params }] : [];
  });
  // `/v1/webhooks/check` is no `/v1/webhooks/{id}`: what is written out is a resource of its own, with its own methods.
  const fewest = Math.min(...matches.map(({ route }) => placeholderCount(route)));
  const here = matches.filter(({ route }) => placeholderCount(route) === fewest);
  if (here.length === 0) throw notFound();
  const match = here.find(({ route }) => route.method === event.httpMethod);
  if (match) return match;
  const others = new Set(here.map(({ route }) => route.method));
  throw new ApiError('method_not_allowed', `${event.httpMethod} is not done here`, {
    headers: { allow: [...others].join(', ') },
  });
}

function readBody(route: Route, event: APIGatewayProxyEvent): unknown {
  const none = event.body === null || event.body === '';
  return route.optionalBody && none ? {} : bodyOf(event, route.maxBodyBytes);
}

/** The path parameters as their schemas read them. What is no id names nothing, and could be too long for a key of the table. */
function parseParams({ route, params }: Match): Readonly<Record<string, string>> {
  const parsed = Object.entries(route.params ?? {}).map(([name, schema]) => {
    const { success, data } = schema.safeParse(params[name]);
    if (!success) throw notFound();
    return [name, data] as const;
  });
  return { ...params, ...Object.fromEntries(parsed) };
}

/** Those the route has a schema for, checked; the others are none of its business. */
function checkHeaders(route: Route, headers: Readonly<Record<string, string>>): void {
  for (const [name, schema] of Object.entries(route.headers ?? {})) {
    const checked = schema.safeParse(headers[name]);
    if (checked.success) continue;
    const [issue] = checked.error.issues;
    throw new ApiError('invalid_parameter', issue?.message ?? 'The header is invalid', { field: name });
  }
}

function checkScope(route: Route, caller: Caller): void {
  if (route.scope === 'public' || caller.scopes.includes(route.scope) || caller.scopes.includes('admin'))
    return;
  throw new ApiError('insufficient_scope', `The key has no scope ${route.scope}`);
}

function toResult(
  { status, body, text, headers }: Omit<RouteResponse, 'status'> & { readonly status: number },
  requestId: string,
): APIGatewayProxyResult {
  const type = text?.type ?? (body === undefined ? undefined : 'application/json');
  return {
    statusCode: status,
    headers: {
      'x-request-id': requestId,
      'cache-control': 'no-store',
      ...(type !== undefined && { 'content-type': type }),
      ...headers,
    },
    body: text?.content ?? (body === undefined ? '' : JSON.stringify(body)),
  };
}

function errorResult(error: ApiError, requestId: string): APIGatewayProxyResult {
  const { field, retryAfterSeconds, messageId, headers } = error.extras;
  return toResult(
    {
      status: STATUS_OF_CODE[error.code],
      body: {
        error: { code: error.code, message: error.message, ...(field !== undefined && { field }) },
        ...(messageId !== undefined && { message_id: messageId }),
        request_id: requestId,
      },
      headers: {
        ...headers,
        ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      },
    },
    requestId,
  );
}

/** Answers a request. Never rejects: what is wrong with the request is a 4xx that says so, what is wrong with us a 503. */
export async function respond(
  deps: ApiDeps,
  routes: readonly Route[],
  event: APIGatewayProxyEvent,
): Promise<ApiResponse> {
  const requestId = deterministicId('req', [event.requestContext.requestId]);
  let told: Pick<ApiResponse, 'route' | 'workspaceId'> = { route: 'none' };
  try {
    const match = findRoute(routes, event);
    const { route } = match;
    told = { route: `${route.method} ${route.path}` };
    const caller = route.scope === 'public' ? NO_CALLER : callerOf(event);
    if (route.scope !== 'public') told = { ...told, workspaceId: caller.workspaceId };
    checkScope(route, caller);
    const headers = headersOf(event);
    checkHeaders(route, headers);
    const query = parse(route.query, queryOf(event), 'invalid_parameter');
    // Before the body: what names nothing is not worth reading 4 MiB, least of all for a caller without a key.
    const params = parseParams(match);
    const body =
      route.body === undefined ? undefined : parse(route.body, readBody(route, event), 'invalid_field');
    const rawBody = route.body === undefined ? '' : rawBodyOf(event);
    const answered = await route.handle(deps, { caller, params, query, headers, body, rawBody });
    const { loggedError } = answered;
    return { ...told, result: toResult(answered, requestId), ...(loggedError !== undefined && { loggedError }) };
  } catch (error) {
    if (error instanceof ApiError) {
      const loggedError = error.extras.cause;
      return {
        ...told,
        result: errorResult(error, requestId),
        errorCode: error.code,
        ...(loggedError !== undefined && { loggedError }),
      };
    }
    const unavailable = new ApiError('unavailable', 'The request could not be answered; try again', {
      retryAfterSeconds: INTERNAL_ERROR_RETRY_SECONDS,
    });
    return {
      ...told,
      result: errorResult(unavailable, requestId),
      errorCode: unavailable.code,
      loggedError: error,
    };
  }
}
