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

/** Every field name that an error in the source code spells out. Names that the code builds from a schema are not included. */
const LITERALS: readonly Literal[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
    const named = [...text.matchAll(/\bfield: '([^']+)'|\bFIELD = '([^']+)'|refuse\w+\('([^']+)'/g)];
    return named.map(([, one, two, three]) => ({ file, field: one ?? two ?? three ?? '' }));
  });

/** The routes that a file defines, found by their operation ids. For a file that several routes share, all routes. */
function routesOf(file: string): readonly Route[] {
  const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
  const own = ROUTES.filter(({ operationId }) => text.includes(`operationId: '${operationId}'`));
  return own.length > 0 ? own : ROUTES;
}

function gatewayEvent({ method, path }: Route, body?: object): APIGatewayProxyEvent {
  return {
    httpMethod: method,
    path,
    body: body ? JSON.stringify(body) : null,
    multiValueQueryStringParameters: null,
  } as unknown as APIGatewayProxyEvent;
}

function findRoute(method: string, path: string): Route {
  const found = ROUTES.find((route) => route.method === method && route.path === path);
  if (!found) throw new Error(`No route ${method} ${path}`);
  return found;
}

describe('the field of an API error', () => {
  it('is a literal in more than 15 places of the source code', () => {
    expect(LITERALS.length).toBeGreaterThan(15);
  });

  it.each(LITERALS)('belongs to a route of its source file: $field in $file', ({ file, field }) => {
    expect(routesOf(file).some((route) => hasField(gatewayEvent(route), route, field))).toBe(true);
  });

  const recover = findRoute('POST', '/v1/webhooks/{id}/recover');
  const send = findRoute('POST', '/v1/send');

  it.each<{ readonly where: string; readonly route: Route; readonly field: string; readonly body?: object }>([
    { where: 'a path parameter', route: recover, field: 'id' },
    { where: 'a body field', route: recover, field: 'since' },
    { where: 'an unknown body field of the request', route: recover, field: 'sinze', body: { sinze: 1 } },
    { where: 'a field of a list item', route: send, field: 'attachments[3].content' },
    {
      where: 'a key of a map in the body',
      route: send,
      field: 'tags.any-name',
      body: { tags: { 'any-name': '' } },
    },
    { where: 'a header', route: send, field: 'idempotency-key' },
    { where: 'the header of the API key', route: recover, field: 'authorization' },
    { where: 'a query parameter', route: findRoute('GET', '/v1/send/logs/export'), field: 'format' },
  ])('may be $where', ({ route, field, body }) => {
    expect(hasField(gatewayEvent(route, body), route, field)).toBe(true);
  });

  it.each<{ readonly route: Route; readonly field: string }>([
    { route: recover, field: 'status' },
    { route: recover, field: 'endpoint_id' },
    { route: send, field: 'limit' },
    { route: send, field: 'attachments[0].url' },
    { route: findRoute('GET', '/v1/send/logs'), field: 'format' },
  ])('fails the test if $route.path has no field $field', ({ route, field }) => {
    expect(hasField(gatewayEvent(route), route, field)).toBe(false);
    const result = {
      statusCode: 422,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: { code: 'invalid_field', field } }),
    } as unknown as APIGatewayProxyResult;
    expect(() => checkErrorField(gatewayEvent(route), result)).toThrow(`has no field ${field}`);
  });
});
