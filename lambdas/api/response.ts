import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { deterministicId } from '../core/ids.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, STATUS_OF_CODE, notFound } from './errors.ts';
import { noRoute, pageForPerson } from './no-route.ts';
import { parse } from './parse.ts';
import { NO_CALLER, bodyOf, callerOf, headersOf, queryOf, rawBodyOf, type Caller } from './request.ts';
import type { Route, RouteResponse } from './route.ts';

const INTERNAL_ERROR_RETRY_SECONDS = 5;

export interface ApiResponse {
  readonly result: APIGatewayProxyResult;
  /** The pattern of the route, for the log. The path itself is not logged, because it may contain an address. */
  readonly route: string;
  readonly workspaceId?: string;
  /** An error for the log, which the response does not show. */
  readonly loggedError?: unknown;
  readonly errorCode?: string;
}

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Decodes a segment of the path once. API Gateway REST passes `path` and `pathParameters` percent-encoded:
 * `%252F` arrives as `%252F`, and `%20` as `%20` (docs/adr/0020-canonical-address-and-path-decoding.md lists recorded requests).
 * Query parameters are already decoded.
 */
function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const segments = pattern.split('/');
  const given = path.split('/');
  const params: Record<string, string> = {};
  const last = segments.at(-1) ?? '';
  // `{name+}` matches the rest of the path, undecoded, as in API Gateway.
  if (last.endsWith('+}') && given.length >= segments.length) {
    segments.pop();
    params[last.slice(1, -2)] = given.splice(segments.length).join('/');
  }
  if (segments.length !== given.length) return undefined;
  for (const [index, part] of segments.entries()) {
    const value = decode(given[index] ?? '');
    if (value === undefined || (value === '') !== (part === '')) return undefined;
    if (part.startsWith('{')) params[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

/** The number of path parameters of a route. */
function placeholderCount({ path }: Route): number {
  return path.split('{').length - 1;
}

function findRoute(routes: readonly Route[], event: APIGatewayProxyEvent): Match {
  const matches = routes.flatMap((route): Match[] => {
    const params = matchPath(route.path, event.path);
    return params ? [{ route, params }] : [];
  });
  // The route with the fewest parameters is the most specific: `/v1/webhooks/check` is not `/v1/webhooks/{id}`.
  const fewest = Math.min(...matches.map(({ route }) => placeholderCount(route)));
  const candidates = matches.filter(({ route }) => placeholderCount(route) === fewest);
  if (candidates.length === 0) throw noRoute(event);
  const match = candidates.find(({ route }) => route.method === event.httpMethod);
  if (match) return match;
  const methods = new Set(candidates.map(({ route }) => route.method));
  throw new ApiError('method_not_allowed', `This resource does not support ${event.httpMethod}`, {
    headers: { allow: [...methods].join(', ') },
  });
}

function readBody(route: Route, event: APIGatewayProxyEvent): unknown {
  const none = event.body === null || event.body === '';
  return route.optionalBody && none ? {} : bodyOf(event, route.maxBodyBytes);
}

/** Parses the path parameters. An invalid id gets 404 before any read, because it could be too long for a key of the table. */
function parseParams({ route, params }: Match): Readonly<Record<string, string>> {
  const parsed = Object.entries(route.params ?? {}).map(([name, schema]) => {
    const { success, data } = schema.safeParse(params[name]);
    if (!success) throw notFound();
    return [name, data] as const;
  });
  return { ...params, ...Object.fromEntries(parsed) };
}

/** Checks the headers for which the route has a schema. Other headers are ignored. */
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
  throw new ApiError('insufficient_scope', `The API key does not have the scope ${route.scope}`);
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

/** A page instead of the error, for a person who opened a path that does not exist. Without the page, the error stays JSON. */
async function pageInstead(
  deps: ApiDeps,
  event: APIGatewayProxyEvent,
  { code }: ApiError,
  requestId: string,
): Promise<APIGatewayProxyResult | undefined> {
  if (code !== 'not_found' && code !== 'missing_api_key') return undefined;
  const page = await pageForPerson(deps, event).catch(() => undefined);
  return page && { ...page, headers: { 'x-request-id': requestId, ...page.headers } };
}

/** Responds to a request. Never throws: an invalid request gets a 4xx that names the error, and an internal error becomes a 503. */
export async function respond(
  deps: ApiDeps,
  routes: readonly Route[],
  event: APIGatewayProxyEvent,
): Promise<ApiResponse> {
  const requestId = deterministicId('req', [event.requestContext.requestId]);
  let context: Pick<ApiResponse, 'route' | 'workspaceId'> = { route: 'none' };
  try {
    const match = findRoute(routes, event);
    const { route } = match;
    context = { route: `${route.method} ${route.path}` };
    // A path such as /%76%31/send equals a path below /v1 only after decoding, so API Gateway did not call the authorizer.
    if (route.scope !== 'public' && !event.requestContext.authorizer) throw noRoute(event);
    const caller = route.scope === 'public' ? NO_CALLER : callerOf(event);
    if (route.scope !== 'public') context = { ...context, workspaceId: caller.workspaceId };
    checkScope(route, caller);
    const headers = headersOf(event);
    checkHeaders(route, headers);
    const query = parse(route.query, queryOf(event), 'invalid_parameter');
    // Parse the path before the body. A request with an invalid id must not make the function parse 4 MiB, especially on public routes.
    const params = parseParams(match);
    const body =
      route.body === undefined ? undefined : parse(route.body, readBody(route, event), 'invalid_field');
    const rawBody = route.body === undefined ? '' : rawBodyOf(event);
    const response = await route.handle(deps, { caller, params, query, headers, body, rawBody });
    const { loggedError } = response;
    return {
      ...context,
      result: toResult(response, requestId),
      ...(loggedError !== undefined && { loggedError }),
    };
  } catch (error) {
    if (error instanceof ApiError) {
      const loggedError = error.extras.cause;
      return {
        ...context,
        result: (await pageInstead(deps, event, error, requestId)) ?? errorResult(error, requestId),
        errorCode: error.code,
        ...(loggedError !== undefined && { loggedError }),
      };
    }
    const unavailable = new ApiError(
      'unavailable',
      'The request failed because of an internal error. Try again',
      {
        retryAfterSeconds: INTERNAL_ERROR_RETRY_SECONDS,
      },
    );
    return {
      ...context,
      result: errorResult(unavailable, requestId),
      errorCode: unavailable.code,
      loggedError: error,
    };
  }
}
