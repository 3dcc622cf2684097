import * as z from 'zod/mini';
import { VERSION } from '../core/version.ts';
import { STATUS_OF_CODE, type ErrorCode } from './errors.ts';
import { webhooksOf } from './openapi-webhooks.ts';
import type { Route } from './route.ts';
import { Components, type Json } from './schema-json.ts';
import { documented, named } from './schemas/documented.ts';

/** Errors that API Gateway or any route can return. */
const ERRORS_OF_EVERY_ROUTE: readonly ErrorCode[] = [
  'invalid_parameter',
  'not_found',
  'method_not_allowed',
  'rate_limited',
  'unavailable',
  'outcome_unknown',
];
const ERRORS_OF_KEYS: readonly ErrorCode[] = ['missing_api_key', 'invalid_api_key', 'insufficient_scope'];
const ERRORS_OF_BODIES: readonly ErrorCode[] = [
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'invalid_field',
];

const ERROR_CODES = Object.keys(STATUS_OF_CODE) as readonly ErrorCode[];
const STATUSES_WITH_RETRY_AFTER: ReadonlySet<number> = new Set([409, 429, 503]);

const REQUEST_ID_DESCRIPTION =
  'Id of the request. The operator can search the logs of the deployment for it.';

const errorJson = named(
  // Not `Error`: the Python generator writes a class that does not typecheck if a property has the name of its class.
  'ErrorResponse',
  z.strictObject({
    error: named(
      'Error',
      z.strictObject({
        code: named('ErrorCode', z.enum(ERROR_CODES), {
          description: 'The error code. Programs can rely on it.',
        }),
        message: documented(z.string(), 'A message that describes the error. The text can change.'),
        field: documented(
          z.optional(z.string()),
          'The parameter, header or body field that is invalid.',
          'attachments[0].content',
        ),
      }),
      { description: 'What went wrong.' },
    ),
    message_id: documented(
      z.optional(z.string()),
      'Id of an email that Amazon SES refused. The log shows it as `failed`.',
    ),
    request_id: documented(z.string(), REQUEST_ID_DESCRIPTION),
  }),
  { description: 'The body of every error.' },
);

const REQUEST_ID = {
  description: REQUEST_ID_DESCRIPTION,
  schema: { type: 'string' },
};
const RETRY_AFTER = {
  description: 'How long to wait before a retry, in seconds.',
  schema: { type: 'string' },
};

type Place = 'query' | 'path' | 'header';

/** Describes a parameter by its schema: the description and the example move from the schema to the parameter. */
function parameterOf(components: Components) {
  return (place: Place, name: string, schema: z.ZodMiniType): Json => {
    const optional = place !== 'path' && schema.safeParse(undefined).success;
    const { description, examples, ...json } = components.schemaOf(schema, 'input');
    const [example] = Array.isArray(examples) ? (examples as unknown[]) : [];
    return {
      name,
      in: place,
      required: !optional,
      ...(description !== undefined && { description }),
      schema: json,
      ...(example !== undefined && { example }),
    };
  };
}

/** Every parameter of a route: its place, name and schema. */
export function parameterSchemas(route: Route): readonly (readonly [Place, string, z.ZodMiniType])[] {
  const query = (route.query as unknown as { readonly shape: Record<string, z.ZodMiniType> }).shape;
  const of = (place: Place, schemas: Readonly<Record<string, z.ZodMiniType>> = {}) =>
    Object.entries(schemas).map(([name, schema]) => [place, name, schema] as const);
  return [...of('path', route.params), ...of('query', query), ...of('header', route.headers)];
}

function errorsOf(route: Route): ReadonlyMap<number, readonly ErrorCode[]> {
  const codes = new Set([
    ...ERRORS_OF_EVERY_ROUTE,
    ...(route.scope === 'public' ? [] : ERRORS_OF_KEYS),
    ...(route.body ? ERRORS_OF_BODIES : []),
    ...(route.errors ?? []),
    // The path names a resource whose state does not allow the request.
    ...(route.params ? (['invalid_field'] as const) : []),
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of ERROR_CODES.filter((name) => codes.has(name))) {
    const status = STATUS_OF_CODE[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}

const DESCRIPTION_OF: Readonly<Record<string, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'Success, without a body',
};

function responsesOf(route: Route, components: Components): Json {
  const successes = Object.entries(route.responses).map(([status, schema]) => {
    const media = Object.fromEntries(
      (status === '200' ? (route.media ?? []) : []).map((type) => [
        type,
        { schema: { type: type === 'application/json' ? 'object' : 'string' } },
      ]),
    );
    const content = {
      ...(schema && { 'application/json': { schema: components.schemaOf(schema, 'output') } }),
      ...media,
    };
    return [
      status,
      {
        description: DESCRIPTION_OF[status] ?? '',
        headers: { 'x-request-id': REQUEST_ID },
        ...(Object.keys(content).length > 0 && { content }),
      },
    ] as const;
  });
  const errors = [...errorsOf(route)].map(
    ([status, codes]) =>
      [
        String(status),
        {
          description: codes.join(', '),
          // Responses of API Gateway itself have the request id only in the body.
          ...(STATUSES_WITH_RETRY_AFTER.has(status) && { headers: { 'retry-after': RETRY_AFTER } }),
          content: { 'application/json': { schema: components.schemaOf(errorJson, 'output') } },
        },
      ] as const,
  );
  return Object.fromEntries([...successes, ...errors]);
}

const SCOPE_NEEDED: Readonly<Record<Route['scope'], string>> = {
  send: 'Requires an API key with the scope `send` or `admin`.',
  read: 'Requires an API key with the scope `read` or `admin`.',
  admin: 'Requires an API key with the scope `admin`.',
  public: 'Requires no API key.',
};

/** Groups of operations, by the beginning of the path. The longest matching path decides. */
const TAGS: readonly { readonly name: string; readonly path: string; readonly description: string }[] = [
  { name: 'Email', path: '/v1/send', description: 'Send email.' },
  { name: 'Messages', path: '/v1/messages', description: 'The current status of each email.' },
  { name: 'Logs', path: '/v1/send/logs', description: 'What happened to each email.' },
  { name: 'Webhooks', path: '/v1/webhooks', description: 'The endpoints that receive events.' },
  { name: 'Deliveries', path: '/v1/deliveries', description: 'What happened to each webhook.' },
  { name: 'Recoveries', path: '/v1/recoveries', description: 'The delivery of missed events.' },
  { name: 'Suppressions', path: '/v1/suppressions', description: 'Recipients that no email is sent to.' },
  {
    name: 'Statistics',
    path: '/v1/stats',
    description: 'Number of events and of webhook attempts, and rates.',
  },
  { name: 'API keys', path: '/v1/api-keys', description: 'The API keys of the workspace.' },
  {
    name: 'Workspace',
    path: '/v1/workspace',
    description: 'The workspace of the API key, and the settings of the deployment.',
  },
  { name: 'Documentation', path: '/', description: 'The documentation, and this OpenAPI document.' },
  { name: 'Probes', path: '/probes', description: 'Used by `npx ivymail-events doctor`.' },
  { name: 'Events', path: '(webhooks)', description: 'The requests that your endpoints receive.' },
];

function tagOf(path: string): string {
  const matching = TAGS.filter((tag) => path.startsWith(tag.path));
  const longest = Math.max(...matching.map((tag) => tag.path.length));
  return matching.find((tag) => tag.path.length === longest)?.name ?? '';
}

function operation(route: Route, components: Components): Json {
  const parameter = parameterOf(components);
  return {
    operationId: route.operationId,
    tags: [tagOf(route.path)],
    summary: route.summary,
    description: `${route.description} ${SCOPE_NEEDED[route.scope]}`,
    // OpenAPI has no field for the scopes of an API key. The scopes in `security` are for OAuth.
    ...(route.scope === 'public' ? { security: [] } : { 'x-required-scope': route.scope }),
    parameters: parameterSchemas(route).map((each) => parameter(...each)),
    ...(route.body && {
      requestBody: {
        required: route.optionalBody !== true,
        content: { 'application/json': { schema: components.schemaOf(route.body, 'input') } },
      },
    }),
    responses: responsesOf(route, components),
  };
}

const DESCRIPTION = `What happened to every email you send through Amazon SES.

A list is \`{data, next_cursor, prev_cursor}\`, and its entries are sorted newest first unless the operation states another order.
A cursor is null if there is no next or previous page. Times are RFC 3339 in UTC.
An error is \`{error: {code, message, field}, request_id}\`. Clients must accept new fields and new values of enumerations.`;

/** The API as an OpenAPI 3.1 document, generated from the schemas that parse the requests. */
export function openApiDocument(routes: readonly Route[]): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes.filter(({ page }) => page !== true))
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, components) };
  const webhooks = webhooksOf(components, parameterOf(components));
  return {
    openapi: '3.1.0',
    info: {
      title: 'IvyMail Events',
      version: VERSION,
      description: DESCRIPTION,
      contact: { name: 'The operator of this deployment' },
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative to the URL of this document, so that the server URL is right under any domain and stage.
    servers: [{ url: '..', description: 'This deployment' }],
    // A request needs one of the two headers (docs/adr/0023-two-headers-for-a-key.md).
    security: [{ api_key: [] }, { bearer: [] }],
    tags: TAGS.map(({ name, description }) => ({ name, description })),
    paths,
    webhooks,
    components: {
      securitySchemes: {
        api_key: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: 'The API key, in the header `x-api-key`.',
        },
        bearer: { type: 'http', scheme: 'bearer', description: 'The same API key, as a bearer token.' },
      },
      schemas: components.toJson(),
    },
  };
}
