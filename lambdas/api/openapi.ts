import * as z from 'zod/mini';
import { VERSION } from '../core/version.ts';
import { STATUS_OF_CODE, type ErrorCode } from './errors.ts';
import type { Route } from './route.ts';
import { asSent } from './schemas/common.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the gateway and every route may answer, whatever the route is. */
const OF_EVERY_ROUTE: readonly ErrorCode[] = [
  'invalid_parameter',
  'not_found',
  'method_not_allowed',
  'rate_limited',
  'unavailable',
  'outcome_unknown',
];
const OF_KEYS: readonly ErrorCode[] = ['missing_api_key', 'invalid_api_key', 'insufficient_scope'];
const OF_BODIES: readonly ErrorCode[] = [
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'invalid_field',
];

const ERROR_NAMES = Object.keys(STATUS_OF_CODE) as readonly ErrorCode[];
const TELLS_WHEN: ReadonlySet<number> = new Set([409, 429, 503]);

const errorJson = z.strictObject({
  error: z.strictObject({
    code: z.enum(ERROR_NAMES),
    message: z.string(),
    field: z.optional(z.string()),
  }),
  message_id: z.optional(z.string()),
  request_id: z.string(),
});

const REQUEST_ID = { description: 'Names the request in our log', schema: { type: 'string' } };
const RETRY_AFTER = { description: 'Seconds', schema: { type: 'string' } };

/** The schema as JSON Schema; `io` says which side of a default or a conversion is meant. */
function schemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
  const { $schema: _version, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const sent = io === 'input' ? asSent.get(zodSchema) : undefined;
      if (sent) {
        for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
        Object.assign(jsonSchema, sent);
      }
      // The format says it; the expression is how it is checked here.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return json;
}

function parameter(place: 'query' | 'path' | 'header', name: string, schema: z.ZodMiniType): Json {
  const optional = place !== 'path' && schema.safeParse(undefined).success;
  return { name, in: place, required: !optional, schema: schemaOf(schema, 'input') };
}

function parametersOf(route: Route): readonly Json[] {
  const query = (route.query as unknown as { readonly shape: Record<string, z.ZodMiniType> }).shape;
  const of = (place: 'query' | 'path' | 'header', schemas: Readonly<Record<string, z.ZodMiniType>> = {}) =>
    Object.entries(schemas).map(([name, schema]) => parameter(place, name, schema));
  return [...of('path', route.params), ...of('query', query), ...of('header', route.headers)];
}

function errorsOf(route: Route): ReadonlyMap<number, readonly ErrorCode[]> {
  const codes = new Set([
    ...OF_EVERY_ROUTE,
    ...(route.scope === 'public' ? [] : OF_KEYS),
    ...(route.body ? OF_BODIES : []),
    ...(route.errors ?? []),
    // A parameter of the path or a state that does not allow it.
    ...(route.params ? (['invalid_field'] as const) : []),
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of ERROR_NAMES.filter((name) => codes.has(name))) {
    const status = STATUS_OF_CODE[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}

const DESCRIPTION_OF: Readonly<Record<string, string>> = {
  200: 'OK',
  201: 'Made',
  202: 'Accepted',
  204: 'Done; no body',
};

function answersOf(route: Route): Json {
  const answers = Object.entries(route.answers).map(([status, schema]) => {
    const media = Object.fromEntries(
      (status === '200' ? (route.media ?? []) : []).map((type) => [
        type,
        { schema: { type: type === 'application/json' ? 'object' : 'string' } },
      ]),
    );
    const content = {
      ...(schema && { 'application/json': { schema: schemaOf(schema, 'output') } }),
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
          // The gateway's own answers carry its id in the body only.
          ...(TELLS_WHEN.has(status) && { headers: { 'retry-after': RETRY_AFTER } }),
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      ] as const,
  );
  return Object.fromEntries([...answers, ...errors]);
}

const SCOPE_NEEDED: Readonly<Record<Route['scope'], string>> = {
  send: 'Requires an API key with the scope `send`.',
  read: 'Requires an API key with the scope `read`.',
  admin: 'Requires an API key with the scope `admin`.',
  public: 'Requires no API key.',
};

function operation(route: Route): Json {
  const noun = route.path.replace('/v1/', '/').split('/')[1] ?? '';
  return {
    operationId: route.operationId,
    tags: [noun.replace(/\..*$/, '')],
    summary: route.summary,
    description: `${route.description} ${SCOPE_NEEDED[route.scope]}`,
    // OpenAPI 3.1: the names in the list are the scopes that the key needs.
    security: route.scope === 'public' ? [] : [{ api_key: [route.scope] }],
    parameters: parametersOf(route),
    ...(route.body && {
      requestBody: {
        required: route.optionalBody !== true,
        content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
      },
    }),
    responses: answersOf(route),
  };
}

/** The API as an OpenAPI 3.1 document, made of the very schemas that requests are parsed with. */
export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes.filter(({ page }) => page !== true))
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'IvyMail Events',
      version: VERSION,
      description:
        'What happened to every mail you send through Amazon SES. Lists are newest first; a cursor is null at an end. Times are RFC 3339.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '../', description: 'This deployment' }],
    security: [{ api_key: [] }],
    paths,
    components: {
      securitySchemes: { api_key: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
      schemas: { Error: schemaOf(errorJson, 'output') },
    },
  };
}
