/** The API as its OpenAPI document describes it: each operation, and what each of its parameters can name. */
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

interface Described {
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

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

export const DOCUMENT = openApiDocument(ROUTES) as unknown as Document & {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** The schema that a reference stands for; any other schema itself. */
function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : resolved(DOCUMENT.components.schemas[name] ?? {});
}

/** What a parameter can name: something with an id, a place in a list, or nothing. */
export type Names = Kind | 'prefix' | 'cursor' | 'nothing';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly names: Names;
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

const BY_PREFIX: Readonly<Record<string, Kind>> = {
  ep: 'endpoint',
  dlv: 'delivery',
  rcv: 'recovery',
  key: 'key',
  evt: 'event',
};
const BY_NAME: Readonly<Record<string, Names>> = {
  message_id: 'message',
  address: 'recipient',
  to: 'recipient',
  prefix: 'prefix',
  cursor: 'cursor',
  token: 'probe',
  'idempotency-key': 'idempotency',
  ...Object.fromEntries(
    ['limit', 'after', 'before', 'type', 'status', 'interval', 'raw', 'ses', 'format'].map((name) => [
      name,
      'nothing',
    ]),
  ),
};
/** Fields of bodies, none of which names what is stored already. `content_id` is for `cid:` within the mail. */
const BODY_FIELDS: ReadonlySet<string> = new Set(
  (
    'from to cc bcc reply_to subject html text headers tags attachments filename content content_type content_id ' +
    'disposition url events description status event overlap_seconds since until dry_run name scopes expires_at ' +
    'address reason'
  ).split(' '),
);

/** Throws for a parameter that the matrix does not know what to do with: a new one needs its place here. */
function namesOf(
  operation: string,
  { name, schema }: { readonly name: string; readonly schema: Schema },
): Names {
  const prefix = /^\^([a-z]+)_\[a-z2-7\]\{26\}\$$/.exec(schema.pattern ?? '')?.[1];
  const names = prefix === undefined ? BY_NAME[name] : BY_PREFIX[prefix];
  if (names === undefined) throw new Error(`${operation}: nobody has said what ${name} can name`);
  return names;
}

function fieldsOf(schema: Schema): readonly string[] {
  const { properties = {}, items, anyOf = [] } = resolved(schema);
  return [
    ...Object.keys(properties),
    ...Object.values(properties).flatMap(fieldsOf),
    ...(items ? fieldsOf(items) : []),
    ...anyOf.flatMap(fieldsOf),
  ];
}

function scopeOf(operation: string, { security, 'x-required-scope': scope }: Described): Scope | 'public' {
  if (security?.length === 0) return 'public';
  const named = SCOPES.find((each) => each === scope);
  if (!named) throw new Error(`${operation}: the document names no scope`);
  return named;
}

function toOperation(path: string, method: string, described: Described): Operation {
  const id = `${method.toUpperCase()} ${path}`;
  const schema = described.requestBody?.content['application/json']?.schema;
  for (const field of schema ? fieldsOf(schema) : [])
    if (!BODY_FIELDS.has(field)) throw new Error(`${id}: nobody has said what the field ${field} can name`);
  return {
    id,
    method: method.toUpperCase(),
    path,
    scope: scopeOf(id, described),
    parameters: described.parameters.map((each) => ({
      name: each.name,
      in: each.in,
      required: each.required,
      names: namesOf(id, each),
    })),
    hasBody: schema !== undefined,
  };
}

export function operationsOf({ paths }: Document): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => toOperation(path, method, described)),
  );
}

export const OPERATIONS = operationsOf(DOCUMENT);
