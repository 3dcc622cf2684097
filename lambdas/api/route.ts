import type * as z from 'zod/mini';
import type { Scope } from '../core/api-key.ts';
import type { ApiDeps } from './deps.ts';
import type { Caller } from './request.ts';

/** A request as a route gets it: everything is what its schema says. */
export interface RouteRequest<Query, Body> {
  readonly caller: Caller;
  /** Parts of the path in braces, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
}

export interface RouteAnswer {
  readonly status: 200 | 201 | 202 | 204;
  /** None with 204. */
  readonly body?: unknown;
}

/** One route of the API: dispatch is derived from it, and so will be its description. */
export interface Route<
  Query extends z.ZodMiniType = z.ZodMiniType,
  Body extends z.ZodMiniType = z.ZodMiniType,
> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/v1/webhooks/{id}` */
  readonly path: string;
  readonly scope: Scope;
  readonly query: Query;
  /** Absent where the route takes no body. */
  readonly body?: Body;
  handle(deps: ApiDeps, request: RouteRequest<z.output<Query>, z.output<Body>>): Promise<RouteAnswer>;
}

/** Ties the types of the handler to those of its schemas; the table of routes need not know them. */
export function route<Query extends z.ZodMiniType, Body extends z.ZodMiniType>(
  definition: Route<Query, Body>,
): Route {
  return definition;
}
