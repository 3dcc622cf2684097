import { readdirSync, readFileSync } from 'node:fs';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../lambdas/api/route.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { checkErrorField, hasField } from './error-field.ts';

const FOLDER = 'lambdas/api';

interface Literal {
  readonly file: string;
  readonly field: string;
}

/** Every field that the code writes out in an error; `headers` and the like that are built from a schema are not among them. */
const LITERALS: readonly Literal[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
    const named = [...text.matchAll(/\bfield: '([^']+)'|\bFIELD = '([^']+)'|refuse\w+\('([^']+)'/g)];
    return named.map(([, one, two, three]) => ({ file, field: one ?? two ?? three ?? '' }));
  });

/** The routes that a file defines, by their operation ids; all of them for a file that several routes use. */
function routesOf(file: string): readonly Route[] {
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
  const own = ROUTES.filter(({ operationId }) => text.includes(`operationId: '${operationId}'`));
  return own.length > 0 ? own : ROUTES;
}

function eventOf({ method, path }: Route, body?: object): APIGatewayProxyEvent {
  return {
    httpMethod: method,
    path,
    body: body ? JSON.stringify(body) : null,
    multiValueQueryStringParameters: null,
  } as unknown as APIGatewayProxyEvent;
}

function routeAt(method: string, path: string): Route {
  const found = ROUTES.find((route) => route.method === method && route.path === path);
  if (!found) throw new Error(`There is no ${method} ${path}`);
  return found;
}

describe('the field that an error names', () => {
  it('is written out in many places', () => {
    expect(LITERALS.length).toBeGreaterThan(15);
  });

  it.each(LITERALS)('is a part of a request to a route of its file: $field in $file', ({ file, field }) => {
    expect(routesOf(file).some((route) => hasField(eventOf(route), route, field))).toBe(true);
  });

  const recover = routeAt('POST', '/v1/webhooks/{id}/recover');
  const send = routeAt('POST', '/v1/send');

  it.each<{ readonly where: string; readonly route: Route; readonly field: string; readonly body?: object }>([
    { where: 'of the path', route: recover, field: 'id' },
    { where: 'of the body', route: recover, field: 'since' },
    { where: 'that was sent and is unknown', route: recover, field: 'sinze', body: { sinze: 1 } },
    { where: 'in a list of the body', route: send, field: 'attachments[3].content' },
    {
      where: 'of a map of the body',
      route: send,
      field: 'tags.any-name',
      body: { tags: { 'any-name': '' } },
    },
    { where: 'of a header', route: send, field: 'idempotency-key' },
    { where: 'of the key', route: recover, field: 'authorization' },
    { where: 'of the query', route: routeAt('GET', '/v1/send/logs/export'), field: 'format' },
  ])('may be one $where', ({ route, field, body }) => {
    expect(hasField(eventOf(route, body), route, field)).toBe(true);
  });

  it.each<{ readonly route: Route; readonly field: string }>([
    { route: recover, field: 'status' },
    { route: recover, field: 'endpoint_id' },
    { route: send, field: 'limit' },
    { route: send, field: 'attachments[0].url' },
    { route: routeAt('GET', '/v1/send/logs'), field: 'format' },
  ])('of $route.path is not $field, and every unit test of the API would notice', ({ route, field }) => {
    expect(hasField(eventOf(route), route, field)).toBe(false);
    const result = {
      statusCode: 422,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: { code: 'invalid_field', field } }),
    } as unknown as APIGatewayProxyResult;
    expect(() => checkErrorField(eventOf(route), result)).toThrow(`has no ${field}`);
  });
});
