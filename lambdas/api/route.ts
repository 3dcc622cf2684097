import type * as z from 'zod/mini';
import type { Scope } from '../core/api-key.ts';
import type { ApiDeps } from './deps.ts';
import type { ErrorCode } from './errors.ts';
import type { Caller } from './request.ts';

/** A request after parsing: every part has passed the schema of the route. */
export interface RouteRequest<Query, Body> {
  readonly caller: Caller;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** The unchanged text of the body, for signatures. Empty if there was no body. */
  readonly rawBody: string;
}

export type ResponseStatus = 200 | 201 | 202 | 204;

export interface RouteResponse {
  readonly status: ResponseStatus;
  /** The JSON body. Absent with status 204 or with `text`. */
  readonly body?: unknown;
  /** A body that is not JSON. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** An internal error that does not change the response, for the log. */
  readonly loggedError?: unknown;
}

/** One route of the API. Routing, validation and the OpenAPI document (openapi.ts) all use this definition. */
export interface Route<
  Query extends z.ZodMiniType = z.ZodMiniType,
  Body extends z.ZodMiniType = z.ZodMiniType,
> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/v1/webhooks/{id}` */
  readonly path: string;
  /** The route returns a page or a file of the dashboard. The OpenAPI document leaves such routes out. */
  readonly page?: true;
  /** The scope that the API key must have. A `public` route needs no key, and its path must be in public-paths.ts. */
  readonly scope: Scope | 'public';
  /** Name of the operation in the OpenAPI document and in generated clients: `listLogs`. Unique. */
  readonly operationId: string;
  /** A short title for lists of operations, without a full stop: `List log entries`. */
  readonly summary: string;
  /** Markdown: what the operation does, and its special cases. */
  readonly description: string;
  /** Schemas of the path parameters. A value that does not match gets 404. */
  readonly params?: Readonly<Record<string, z.ZodMiniType<string>>>;
  readonly query: Query;
  /** Schemas of the headers that the route reads, by lower-case name. */
  readonly headers?: Readonly<Record<string, z.ZodMiniType>>;
  /** Absent if the route accepts no body. */
  readonly body?: Body;
  /** The maximum size of the body. Set only if it is lower than the general limit. */
  readonly maxBodyBytes?: number;
  /** A request without a body is treated as `{}`. */
  readonly optionalBody?: boolean;
  /** Schemas of the successful responses, by status. Null means no body. */
  readonly responses: Readonly<Partial<Record<ResponseStatus, z.ZodMiniType | null>>>;
  /** Media types other than JSON that the 200 response may have. */
  readonly media?: readonly string[];
  /** Error codes in addition to those of every route. */
  readonly errors?: readonly ErrorCode[];
  handle(deps: ApiDeps, request: RouteRequest<z.output<Query>, z.output<Body>>): Promise<RouteResponse>;
}

/** Checks that the types of the handler match its schemas. The list of routes then needs no type parameters. */
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

/** A route that needs no API key. Its handler gets no caller. */
export function publicRoute<Query extends z.ZodMiniType, Body extends z.ZodMiniType>(
  definition: PublicRoute<Query, Body>,
): Route {
  const withScope: Route<Query, Body> = { ...definition, scope: 'public' };
  return withScope;
}
