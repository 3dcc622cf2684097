import type * as z from 'zod/mini';
import type { Scope } from '../core/api-key.ts';
import type { ApiDeps } from './deps.ts';
import type { ErrorCode } from './errors.ts';
import type { Caller } from './request.ts';

/** A request as a route gets it: everything is what its schema says. */
export interface RouteRequest<Query, Body> {
  readonly caller: Caller;
  /** Parts of the path in braces, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** The body as it came, where there was one: what a signature is over. */
  readonly rawBody: string;
}

export type ResponseStatus = 200 | 201 | 202 | 204;

export interface RouteResponse {
  readonly status: ResponseStatus;
  /** Answered as JSON; none with 204, or with `text`. */
  readonly body?: unknown;
  /** An answer that is not JSON. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** A loggedError of ours that changes nothing for the caller: for the log. */
  readonly loggedError?: unknown;
}

/** One route of the API: it is found, checked and described (openapi.ts) by what stands here. */
export interface Route<
  Query extends z.ZodMiniType = z.ZodMiniType,
  Body extends z.ZodMiniType = z.ZodMiniType,
> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/v1/webhooks/{id}` */
  readonly path: string;
  /** A page for people: no part of the described API. */
  readonly page?: true;
  /** What a key must have; `public` needs no key (its path is in public-paths.ts, for the gateway). */
  readonly scope: Scope | 'public';
  /** Name of the operation in the OpenAPI document and in generated clients: `listLogs`. Unique. */
  readonly operationId: string;
  /** A few words, for a list of operations: `List log entries`. No full stop. */
  readonly summary: string;
  /** Whole sentences: what the operation does, and its special cases. Markdown. */
  readonly description: string;
  /** Parts of the path in braces: what does not fit names nothing, 404. */
  readonly params?: Readonly<Record<string, z.ZodMiniType<string>>>;
  readonly query: Query;
  /** Headers that mean something to it, by lower-case name. */
  readonly headers?: Readonly<Record<string, z.ZodMiniType>>;
  /** Absent where the route takes no body. */
  readonly body?: Body;
  /** Less than what any body may have. */
  readonly maxBodyBytes?: number;
  /** A request without a body is taken for `{}`. */
  readonly optionalBody?: boolean;
  /** What it answers, by status; null for no body. */
  readonly responses: Readonly<Partial<Record<ResponseStatus, z.ZodMiniType | null>>>;
  /** Other types than JSON that its 200 may have. */
  readonly media?: readonly string[];
  /** What it may answer beside the errors of every route. */
  readonly errors?: readonly ErrorCode[];
  handle(deps: ApiDeps, request: RouteRequest<z.output<Query>, z.output<Body>>): Promise<RouteResponse>;
}

/** Ties the types of the handler to those of its schemas; the table of routes need not know them. */
export function route<Query extends z.ZodMiniType, Body extends z.ZodMiniType>(
  definition: Route<Query, Body>,
): Route {
  return definition;
}

type PublicRoute<Query extends z.ZodMiniType, Body extends z.ZodMiniType> = Omit<
  Route<Query, Body>,
  'scope' | 'handle'
> & {
  handle(
    deps: ApiDeps,
    request: Omit<RouteRequest<z.output<Query>, z.output<Body>>, 'caller'>,
  ): Promise<RouteResponse>;
};

/** A route that needs no key; its handler is told of no caller. */
export function publicRoute<Query extends z.ZodMiniType, Body extends z.ZodMiniType>(
  definition: PublicRoute<Query, Body>,
): Route {
  const known: Route<Query, Body> = { ...definition, scope: 'public' };
  return known;
}
