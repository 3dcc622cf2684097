import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { webhookHeaders } from '../../lambdas/delivery/headers.ts';
import { openApiDocument, parameterSchemas } from '../../lambdas/api/openapi.ts';
import { WEBHOOK_HEADERS } from '../../lambdas/api/openapi-webhooks.ts';
import { PUBLIC_PATHS } from '../../lambdas/api/public-paths.ts';
import type { Route } from '../../lambdas/api/route.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { listOf, noQuery } from '../../lambdas/api/schemas/common.ts';
import { named, schemaDocs } from '../../lambdas/api/schemas/documented.ts';
import { DELIVERED_EVENTS, webhookEventJson } from '../../lambdas/api/schemas/events.ts';

type Json = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly example?: unknown;
  readonly schema: Json;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security?: unknown[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { required: boolean; content: Record<string, { schema: Json; example?: unknown }> };
  readonly responses: Record<
    string,
    { content?: Record<string, { schema: Json }>; headers?: object; description: string }
  >;
}

interface Document {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

const DESCRIBED = ROUTES.filter(({ page }) => page !== true);
const document = openApiDocument(ROUTES) as unknown as Document;
const { schemas } = document.components;

function operation(method: string, path: string): Operation {
  const found = document.paths[path]?.[method.toLowerCase()];
  if (!found) throw new Error(`No operation ${method} ${path}`);
  return found;
}

const receiveEvent = document.webhooks['event']?.post as Operation;
const operations = [...DESCRIBED.map((route) => operation(route.method, route.path)), receiveEvent];
const nameOf = (route: Route): string => `${route.method} ${route.path}`;

/** The places in a schema without a type. A generated client could not type these values. */
function untypedIn(schema: Json, at: string): readonly string[] {
  const {
    properties = {},
    items,
    anyOf,
    oneOf,
  } = schema as {
    properties?: Record<string, Json>;
    items?: Json;
    anyOf?: Json[];
    oneOf?: Json[];
  };
  const members = [...(anyOf ?? []), ...(oneOf ?? [])];
  const typed = members.length > 0 || ['type', '$ref', 'const', 'enum'].some((keyword) => keyword in schema);
  return [
    ...(typed ? [] : [at]),
    ...Object.entries(properties).flatMap(([name, each]) => untypedIn(each, `${at}.${name}`)),
    ...(items ? untypedIn(items, `${at}[]`) : []),
    ...members.flatMap((each, index) => untypedIn(each, `${at}|${index}`)),
  ];
}

/** Every `$ref` in a part of the document. */
function referencesIn(part: unknown): readonly string[] {
  return [...JSON.stringify(part).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
}

describe('the OpenAPI document', () => {
  it('has every route, each with a short and unique operation id', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(DESCRIBED.length + 1);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]{3,30}$/.test(id))).toEqual([]);
  });

  it('requires an API key for every path except the public paths of the gateway', () => {
    const open = DESCRIBED.filter((route) => operation(route.method, route.path).security?.length === 0);
    const paths = open.map((route) => route.path);
    expect(paths.toSorted()).toEqual(['/llms.txt', '/probes/{token}', '/v1/openapi.json']);
    expect(PUBLIC_PATHS).toEqual(expect.arrayContaining(paths));
    // Below /v1, where the data is, no other path is public.
    expect(PUBLIC_PATHS.filter((path) => path.startsWith('/v1'))).toEqual(['/v1/openapi.json']);
  });

  it('has a short summary and a description in sentences for every operation', () => {
    const tags = document.tags.map(({ name }) => name);
    for (const { summary, description, tags: operationTags } of operations) {
      expect(summary).toMatch(/^[A-Z][^.]{3,60}$/);
      expect(description).toMatch(/^[A-Z].{20,}\.$/s);
      expect(operationTags.filter((tag) => tags.includes(tag))).toHaveLength(1);
    }
  });

  it('describes a numeric query parameter as an integer', () => {
    const { parameters } = operation('GET', '/v1/suppressions');
    expect(parameters.find(({ name }) => name === 'limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      example: 20,
    });
  });

  it('marks the required parts of a path and of a body', () => {
    expect(operation('GET', '/v1/deliveries/{id}').parameters).toMatchObject([
      { name: 'id', in: 'path', required: true, schema: { pattern: '^dlv_[a-z2-7]{26}$' } },
    ]);
    expect(operation('POST', '/v1/webhooks/{id}/test').requestBody?.required).toBe(false);
    expect(operation('POST', '/v1/send').requestBody).toEqual({
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/SendRequest' } } },
    });
    expect(schemas['SendRequest']?.['required']).toEqual(['from', 'subject']);
  });

  it('states a default in the description, because generated clients would require a field with a default', () => {
    expect(JSON.stringify(schemas)).not.toContain('"default":');
    expect(schemas['RecoverRequest']).toMatchObject({
      properties: { dry_run: { description: expect.stringContaining('Default: `false`.') } },
    });
  });

  it('lists the error codes of every status and the header retry-after', () => {
    const { responses } = operation('POST', '/v1/send');
    expect(responses['422']?.description).toContain('sending_paused');
    expect(responses['409']?.description).toBe('idempotency_conflict, reputation_paused');
    expect(responses['503']?.headers).toHaveProperty('retry-after');
  });
});

describe('a parameter', () => {
  const parameters = [
    ...DESCRIBED.flatMap((route) =>
      parameterSchemas(route).map(([place, name, schema]) => ({
        at: `${nameOf(route)}: ${place} ${name}`,
        schema,
        documentedParameter: operation(route.method, route.path).parameters.find(
          (each) => each.name === name && each.in === place,
        ),
      })),
    ),
    ...Object.entries(WEBHOOK_HEADERS).map(([name, schema]) => ({
      at: `webhook: header ${name}`,
      schema,
      documentedParameter: receiveEvent.parameters.find((each) => each.name === name),
    })),
  ];

  it.each(parameters)(
    'has a description and an example that the handler accepts: $at',
    ({ schema, documentedParameter }) => {
      // If this fails, write the schema as documented(schema, 'What it means.', example).
      expect(documentedParameter?.description).toMatch(/^.{8,}\.$/s);
      expect(documentedParameter?.example).toBeDefined();
      expect(schema.safeParse(String(documentedParameter?.example))).toMatchObject({ success: true });
    },
  );

  it('without a description appears without one, so the test above fails', () => {
    const query = z.strictObject({ plain: z.optional(z.string()) });
    const [first] = ROUTES;
    const { paths } = openApiDocument([{ ...(first as Route), query }]) as unknown as Document;
    const plain = paths['/v1/send']?.['post']?.parameters.find(({ name }) => name === 'plain');
    expect(plain).toEqual({ name: 'plain', in: 'query', required: false, schema: { type: 'string' } });
  });
});

describe('the shared schemas of the OpenAPI document', () => {
  it('are named after the concepts of the design', () => {
    const names =
      'ApiKey Attempt Delivery Endpoint Error LogEntry Recovery Stats Suppression Timeline WebhookEvent Workspace';
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(names.split(' ')));
  });

  it('are used by every body and every JSON response, except two operations with any JSON', () => {
    const bodies = operations.flatMap(({ operationId, requestBody, responses }) =>
      [requestBody, ...Object.values(responses)].flatMap((part) => {
        const schema = part?.content?.['application/json']?.schema;
        return schema === undefined || '$ref' in schema ? [] : [operationId];
      }),
    );
    expect(bodies).toEqual(['getOpenApi', 'receiveProbe']);
  });

  it('are exactly the schemas that the document refers to', () => {
    const references = new Set(referencesIn(document));
    const names = Object.keys(schemas).map((name) => `#/components/schemas/${name}`);
    expect(new Set(names)).toEqual(references);
  });

  it('have a type for every value, as do the parameters', () => {
    const ofSchemas = Object.entries(schemas).flatMap(([name, schema]) => untypedIn(schema, name));
    const ofParameters = operations.flatMap(({ operationId, parameters }) =>
      parameters.flatMap(({ name, schema }) => untypedIn(schema, `${operationId} ${name}`)),
    );
    expect([...ofSchemas, ...ofParameters]).toEqual([]);
    expect(untypedIn({ type: 'string', anyOf: [{ format: 'date' }] }, 'after')).toEqual(['after|0']);
  });

  it('cannot share a name', () => {
    const thing = named('Clash', z.strictObject({ a: z.string() }));
    const otherThing = named('Clash', z.strictObject({ b: z.string() }));
    const [first] = ROUTES;
    const routeWith = (schema: z.ZodMiniType): Route => ({
      ...(first as Route),
      query: noQuery,
      responses: { 200: schema },
    });
    expect(() => openApiDocument([routeWith(thing), { ...routeWith(otherThing), method: 'GET' }])).toThrow(
      'Two schemas are named Clash',
    );
    expect(() => openApiDocument([routeWith(thing), { ...routeWith(thing), method: 'GET' }])).not.toThrow();
  });

  it('of lists are named after the item, with the suffix List', () => {
    const item = named('Thing', z.strictObject({ a: z.string() }));
    expect(schemaDocs.get(listOf(item))?.id).toBe('ThingList');
  });
});

describe('the webhooks section of the OpenAPI document', () => {
  it('describes exactly the headers of a webhook, and accepts their values', () => {
    const sent = webhookHeaders({
      webhookId: 'evt_kq7zq5h3m2x4c6v7b2n3m4a5s6',
      timestampSeconds: 1_772_020_800,
      signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      attemptNumber: 12,
      body: '{}',
    });
    const ofEveryRequest = ['content-type', 'content-length', 'accept-encoding', 'user-agent'];
    const webhookHeaderNames = Object.keys(sent).filter((name) => !ofEveryRequest.includes(name));
    expect(receiveEvent.parameters.map(({ name }) => name)).toEqual(webhookHeaderNames);
    for (const [name, schema] of Object.entries(WEBHOOK_HEADERS))
      expect(schema.safeParse(sent[name])).toMatchObject({ success: true });
  });

  it('has one body schema for each delivered event, selected by the field event', () => {
    expect(receiveEvent.requestBody?.content['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/WebhookEvent',
    });
    const { oneOf, discriminator } = schemas['WebhookEvent'] as {
      oneOf: { $ref: string }[];
      discriminator: { propertyName: string; mapping: Record<string, string> };
    };
    expect(Object.keys(discriminator.mapping)).toEqual(DELIVERED_EVENTS);
    expect(Object.values(discriminator.mapping)).toEqual(oneOf.map(({ $ref }) => $ref));
    for (const [event, reference] of Object.entries(discriminator.mapping))
      expect(schemas[reference.split('/').at(-1) ?? '']).toMatchObject({
        properties: { event: { const: event } },
      });
  });

  it('has an example that matches its body schema', () => {
    const example = receiveEvent.requestBody?.content['application/json']?.example;
    expect(webhookEventJson.safeParse(example)).toMatchObject({ success: true });
  });
});
