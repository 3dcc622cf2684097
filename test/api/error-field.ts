/** An error that names a field names a part of its request: one that was sent, or one that the route has. */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod/mini';
import { rawBodyOf } from '../../lambdas/api/request.ts';
import type { Route } from '../../lambdas/api/route.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';

/** Every route may be asked with a key in either of these. */
const CREDENTIALS = ['x-api-key', 'authorization'];

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** `attachments[0].content` is attachments, 0, content. */
function partsOf(field: string): readonly string[] {
  return field.split(/[.[\]]+/).filter((part) => part !== '');
}

function inSchema(root: Schema, schema: Schema, [part, ...rest]: readonly string[]): boolean {
  if (part === undefined) return true;
  if (schema.$ref !== undefined)
    return inSchema(root, root.$defs?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}, [part, ...rest]);
  if (schema.anyOf?.some((each) => inSchema(root, each, [part, ...rest]))) return true;
  const { properties = {}, propertyNames, items } = schema;
  if (Object.hasOwn(properties, part)) return inSchema(root, properties[part] ?? {}, rest);
  if (propertyNames !== undefined) return true;
  return items !== undefined && /^\d+$/.test(part) && inSchema(root, items, rest);
}

/** Whether the value was sent, as in an unknown name, or in a map. */
function inValue(value: unknown, parts: readonly string[], whole = parts.join('.')): boolean {
  if (parts.length === 0) return true;
  if (typeof value !== 'object' || value === null) return false;
  // The name of a map's entry may hold any character.
  if (Object.keys(value).some((name) => name !== '' && whole.endsWith(name))) return true;
  const [part = '', ...rest] = parts;
  return Object.hasOwn(value, part) && inValue((value as Record<string, unknown>)[part], rest, whole);
}

function bodyOf(event: APIGatewayProxyEvent): unknown {
  try {
    return JSON.parse(rawBodyOf(event));
  } catch {
    return undefined;
  }
}

function routeOf({ httpMethod, path }: APIGatewayProxyEvent): Route | undefined {
  const fits = (route: Route): boolean => {
    const [wanted, given] = [route.path.split('/'), path.split('/')];
    return (
      route.method === httpMethod &&
      wanted.length === given.length &&
      wanted.every((part, index) => part.startsWith('{') || part === given[index])
    );
  };
  return ROUTES.filter(fits).toSorted(
    (left, right) => left.path.split('{').length - right.path.split('{').length,
  )[0];
}

export function hasField(event: APIGatewayProxyEvent, route: Route, field: string): boolean {
  const query = Object.keys((route.query as unknown as { shape: object }).shape);
  const headers = [...Object.keys(route.headers ?? {}), ...CREDENTIALS];
  const sent = Object.keys(event.multiValueQueryStringParameters ?? {});
  if ([...Object.keys(route.params ?? {}), ...query, ...headers, ...sent].includes(field)) return true;
  if (!route.body) return false;
  const schema = z.toJSONSchema(route.body, { io: 'input', unrepresentable: 'any' }) as Schema;
  return inSchema(schema, schema, partsOf(field)) || inValue(bodyOf(event), partsOf(field), field);
}

/** Throws for an error that names what its request cannot have. */
export function checkErrorField(event: APIGatewayProxyEvent, { body, headers }: APIGatewayProxyResult): void {
  const route = routeOf(event);
  if (!route || headers?.['content-type'] !== 'application/json') return;
  const { error } = JSON.parse(body) as { error?: { readonly code?: string; readonly field?: string } };
  if (error?.field === undefined || hasField(event, route, error.field)) return;
  throw new Error(`${route.method} ${route.path} has no ${error.field}, which its ${error.code} names`);
}
