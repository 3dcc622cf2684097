/** The operations of the OpenAPI document. For each parameter, this file states which kind of resource it refers to. */
import { openApiDocument } from '../../../lambdas/api/openapi.ts';
import { ROUTES } from '../../../lambdas/api/routes.ts';
import { SCOPES, type Scope } from '../../../lambdas/core/api-key.ts';
import type { Kind } from './tenants.ts';

interface Schema {
  readonly $ref?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

interface OperationObject {
  readonly security?: readonly unknown[];
  readonly 'x-required-scope'?: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
}

export const DOCUMENT = openApiDocument(ROUTES) as unknown as ApiDocument & {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** Follows `$ref` to its schema. */
function resolveSchema(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : resolveSchema(DOCUMENT.components.schemas[name] ?? {});
}

/** What the value of a parameter refers to: a resource with an id, a position in a list, or no resource. */
export type Referent = Kind | 'prefix' | 'cursor' | 'nothing';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly refersTo: Referent;
}

export interface Operation {
  /** `GET /v1/webhooks/{id}` */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly scope: Scope | 'public';
  readonly parameters: readonly Parameter[];
  readonly hasBody: boolean;
}

const KIND_BY_ID_PREFIX: Readonly<Record<string, Kind>> = {
  ep: 'endpoint',
  dlv: 'delivery',
  rcv: 'recovery',
  key: 'key',
  evt: 'event',
};
const REFERENT_BY_NAME: Readonly<Record<string, Referent>> = {
  message_id: 'message',
  address: 'recipient',
  to: 'recipient',
  q: 'recipient',
  from: 'sender',
  tag: 'tag',
  prefix: 'prefix',
  cursor: 'cursor',
  token: 'probe',
  'idempotency-key': 'idempotency',
  ...Object.fromEntries(
    [
      'limit',
      'after',
      'before',
      'type',
      'status',
      'interval',
      'raw',
      'ses',
      'format',
      'order',
      'reason',
      'total',
      'by',
      'series',
    ].map((name) => [name, 'nothing']),
  ),
};
/**
 * The fields of request bodies. None of them refers to a stored resource of another workspace: `content_id` is for `cid:` URLs within
 * the email, and `configuration_set` names a row within the rows of the caller's workspace.
 */
const BODY_FIELDS: ReadonlySet<string> = new Set(
  (
    'from to cc bcc reply_to subject html text headers tags attachments filename content content_type content_id ' +
    'disposition url events description status event overlap_seconds since until include dry_run name scopes expires_at ' +
    'address reason mode limits hour day min_sent bounce complaint warning pause min_count configuration_set grace_hours ' +
    'after before'
  ).split(' '),
);

/** Throws for a parameter without an entry above. A new parameter needs an entry, because without one the matrix would not test it. */
function referentOf(
  operation: string,
  { name, schema }: { readonly name: string; readonly schema: Schema },
): Referent {
  const prefix = /^\^([a-z]+)_\[a-z2-7\]\{26\}\$$/.exec(schema.pattern ?? '')?.[1];
  const refersTo = prefix === undefined ? REFERENT_BY_NAME[name] : KIND_BY_ID_PREFIX[prefix];
  if (refersTo === undefined)
    throw new Error(`${operation}: no entry states what the parameter ${name} refers to`);
  return refersTo;
}

function fieldsOf(schema: Schema): readonly string[] {
  const { properties = {}, items, anyOf = [] } = resolveSchema(schema);
  return [
    ...Object.keys(properties),
    ...Object.values(properties).flatMap(fieldsOf),
    ...(items ? fieldsOf(items) : []),
    ...anyOf.flatMap(fieldsOf),
  ];
}

function scopeOf(
  operation: string,
  { security, 'x-required-scope': scope }: OperationObject,
): Scope | 'public' {
  if (security?.length === 0) return 'public';
  const known = SCOPES.find((each) => each === scope);
  if (!known) throw new Error(`${operation}: the document does not state a known scope`);
  return known;
}

function toOperation(path: string, method: string, described: OperationObject): Operation {
  const id = `${method.toUpperCase()} ${path}`;
  const schema = described.requestBody?.content['application/json']?.schema;
  for (const field of schema ? fieldsOf(schema) : [])
    if (!BODY_FIELDS.has(field)) throw new Error(`${id}: no entry states what the field ${field} refers to`);
  return {
    id,
    method: method.toUpperCase(),
    path,
    scope: scopeOf(id, described),
    parameters: described.parameters.map((each) => ({
      name: each.name,
      in: each.in,
      required: each.required,
      refersTo: referentOf(id, each),
    })),
    hasBody: schema !== undefined,
  };
}

export function operationsOf({ paths }: ApiDocument): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => toOperation(path, method, described)),
  );
}

export const OPERATIONS = operationsOf(DOCUMENT);
