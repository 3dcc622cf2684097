import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { deterministicId } from '../core/ids.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, STATUS_OF_CODE, notFound } from './errors.ts';
import { parse } from './parse.ts';
import { bodyOf, callerOf, queryOf, type Caller } from './request.ts';
import type { Route } from './route.ts';

const RETRY_OWN_FAULT_SECONDS = 5;

export interface Answer {
  readonly result: APIGatewayProxyResult;
  /** For the log: the pattern, never the path, which may hold an address. */
  readonly route: string;
  readonly workspaceId?: string;
  /** A fault of ours, which the answer does not show. */
  readonly fault?: unknown;
  readonly errorCode?: string;
}

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

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
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decode(given[index] ?? '');
    if (value === undefined || (value === '') !== (part === '')) return undefined;
    if (part.startsWith('{')) params[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

function findRoute(routes: readonly Route[], event: APIGatewayProxyEvent): Match {
  for (const route of routes) {
    const params = route.method === event.httpMethod ? matchPath(route.path, event.path) : undefined;
    if (params) return { route, params };
  }
  throw notFound();
}

function checkScope(route: Route, caller: Caller): void {
  if (caller.scopes.includes(route.scope) || caller.scopes.includes('admin')) return;
  throw new ApiError('insufficient_scope', `The key has no scope ${route.scope}`);
}

function toResult(
  status: number,
  body: unknown,
  { requestId, headers }: { readonly requestId: string; readonly headers?: Record<string, string> },
): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: {
      'x-request-id': requestId,
      'cache-control': 'no-store',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? '' : JSON.stringify(body),
  };
}

function errorResult(error: ApiError, requestId: string): APIGatewayProxyResult {
  const { field, retryAfterSeconds, messageId } = error.extras;
  return toResult(
    STATUS_OF_CODE[error.code],
    {
      error: { code: error.code, message: error.message, ...(field !== undefined && { field }) },
      ...(messageId !== undefined && { message_id: messageId }),
      request_id: requestId,
    },
    {
      requestId,
      ...(retryAfterSeconds !== undefined && { headers: { 'retry-after': String(retryAfterSeconds) } }),
    },
  );
}

/** Answers a request. Never rejects: what is wrong with the request is a 4xx that says so, what is wrong with us a 503. */
export async function answer(
  deps: ApiDeps,
  routes: readonly Route[],
  event: APIGatewayProxyEvent,
): Promise<Answer> {
  const requestId = deterministicId('req', [event.requestContext.requestId]);
  let told: Pick<Answer, 'route' | 'workspaceId'> = { route: 'none' };
  try {
    const { route, params } = findRoute(routes, event);
    told = { route: `${route.method} ${route.path}` };
    const caller = callerOf(event);
    told = { ...told, workspaceId: caller.workspaceId };
    checkScope(route, caller);
    const query = parse(route.query, queryOf(event), 'invalid_parameter');
    const body = route.body === undefined ? undefined : parse(route.body, bodyOf(event), 'invalid_field');
    const { status, body: answered } = await route.handle(deps, { caller, params, query, body });
    return { ...told, result: toResult(status, answered, { requestId }) };
  } catch (error) {
    if (error instanceof ApiError) {
      const fault = error.extras.cause;
      return {
        ...told,
        result: errorResult(error, requestId),
        errorCode: error.code,
        ...(fault !== undefined && { fault }),
      };
    }
    const unavailable = new ApiError('unavailable', 'The request could not be answered; try again', {
      retryAfterSeconds: RETRY_OWN_FAULT_SECONDS,
    });
    return {
      ...told,
      result: errorResult(unavailable, requestId),
      errorCode: unavailable.code,
      fault: error,
    };
  }
}
