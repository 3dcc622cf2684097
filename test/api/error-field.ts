/** Checks that the `field` of an API error exists: the request contains the field, or the schema of the route defines it. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod/mini';
import { rawBodyOf } from '../../lambdas/api/request.ts';
import type { Route } from '../../lambdas/api/route.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';

/** Headers that carry the API key. Every route accepts both. */
const CREDENTIAL_HEADERS = ['x-api-key', 'authorization'];

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** Splits a field name: `attachments[0].content` becomes `attachments`, `0`, `content`. */
function partsOf(field: string): readonly string[] {
  return field.split(/[.[\]]+/).filter((part) => part !== '');
}

function isInSchema(root: Schema, schema: Schema, [part, ...rest]: readonly string[]): boolean {
  if (part === undefined) return true;
  if (schema.$ref !== undefined)
    return isInSchema(root, root.$defs?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}, [part, ...rest]);
  if (schema.anyOf?.some((each) => isInSchema(root, each, [part, ...rest]))) return true;
  const { properties = {}, propertyNames, items } = schema;
  if (Object.hasOwn(properties, part)) return isInSchema(root, properties[part] ?? {}, rest);
  if (propertyNames !== undefined) return true;
  return items !== undefined && /^\d+$/.test(part) && isInSchema(root, items, rest);
}

/** Whether the body of the request contains the field. This covers unknown fields and the entries of a map. */
function isInValue(value: unknown, parts: readonly string[], field = parts.join('.')): boolean {
  if (parts.length === 0) return true;
  if (typeof value !== 'object' || value === null) return false;
  // The key of a map entry may contain any character, also a dot or a bracket.
  if (Object.keys(value).some((name) => name !== '' && field.endsWith(name))) return true;
  const [part = '', ...rest] = parts;
  return Object.hasOwn(value, part) && isInValue((value as Record<string, unknown>)[part], rest, field);
}

function bodyOf(event: APIGatewayProxyEvent): unknown {
  try {
    return JSON.parse(rawBodyOf(event));
  } catch {
    return undefined;
  }
}

function findRoute({ httpMethod, path }: APIGatewayProxyEvent): Route | undefined {
  const matches = (route: Route): boolean => {
    const [expected, actual] = [route.path.split('/'), path.split('/')];
    return (
      route.method === httpMethod &&
      expected.length === actual.length &&
      expected.every((part, index) => part.startsWith('{') || part === actual[index])
    );
  };
  return ROUTES.filter(matches).toSorted(
    (left, right) => left.path.split('{').length - right.path.split('{').length,
  )[0];
}

export function hasField(event: APIGatewayProxyEvent, route: Route, field: string): boolean {
  const query = Object.keys((route.query as unknown as { shape: object }).shape);
  const headers = [...Object.keys(route.headers ?? {}), ...CREDENTIAL_HEADERS];
  const sent = Object.keys(event.multiValueQueryStringParameters ?? {});
  if ([...Object.keys(route.params ?? {}), ...query, ...headers, ...sent].includes(field)) return true;
  if (!route.body) return false;
  const schema = z.toJSONSchema(route.body, { io: 'input', unrepresentable: 'any' }) as Schema;
  return isInSchema(schema, schema, partsOf(field)) || isInValue(bodyOf(event), partsOf(field), field);
}

/** Throws if the response is an error whose `field` cannot be part of the request. */
export function checkErrorField(event: APIGatewayProxyEvent, { body, headers }: APIGatewayProxyResult): void {
  const route = findRoute(event);
  if (!route || headers?.['content-type'] !== 'application/json') return;
  const { error } = JSON.parse(body) as { error?: { readonly code?: string; readonly field?: string } };
  if (error?.field === undefined || hasField(event, route, error.field)) return;
  throw new Error(
    `${route.method} ${route.path} has no field ${error.field}, but its ${error.code} error names it`,
  );
}
