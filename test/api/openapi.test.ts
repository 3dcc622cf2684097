import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../lambdas/api/openapi.ts';
import { PUBLIC_PATHS } from '../../lambdas/api/public-paths.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';

interface Operation {
  readonly operationId: string;
  readonly security?: unknown[];
  readonly parameters: readonly {
    name: string;
    in: string;
    required: boolean;
    schema: Record<string, unknown>;
  }[];
  readonly requestBody?: { required: boolean; content: Record<string, { schema: Record<string, unknown> }> };
  readonly responses: Record<
    string,
    { content?: Record<string, unknown>; headers?: object; description: string }
  >;
}

const DESCRIBED = ROUTES.filter(({ page }) => page !== true);
const document = openApiDocument(ROUTES) as { paths: Record<string, Record<string, Operation>> };

function operation(method: string, path: string): Operation {
  const found = document.paths[path]?.[method.toLowerCase()];
  if (!found) throw new Error(`No operation ${method} ${path}`);
  return found;
}

describe('the document', () => {
  it('has every route, each under an id of its own', () => {
    const ids = DESCRIBED.map((route) => operation(route.method, route.path).operationId);
    expect(new Set(ids).size).toBe(DESCRIBED.length);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]{3,30}$/.test(id))).toEqual([]);
  });

  it('asks for a key everywhere but at the paths that the gateway lets through without', () => {
    const open = DESCRIBED.filter((route) => operation(route.method, route.path).security?.length === 0);
    const paths = open.map((route) => route.path);
    // The pages of the dashboard are no part of the API; their files lie below one path.
    expect([...paths, '/dashboard', '/dashboard/{path+}'].toSorted()).toEqual(PUBLIC_PATHS.toSorted());
  });

  it('describes a number in the query as one, though it is sent as text', () => {
    const { parameters } = operation('GET', '/v1/suppressions');
    expect(parameters.find(({ name }) => name === 'limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100 },
    });
  });

  it('says which parts of a path and of a body are needed', () => {
    expect(operation('GET', '/v1/deliveries/{id}').parameters).toMatchObject([
      { name: 'id', in: 'path', required: true, schema: { pattern: '^dlv_[a-z2-7]{26}$' } },
    ]);
    expect(operation('POST', '/v1/webhooks/{id}/test').requestBody?.required).toBe(false);
    expect(operation('POST', '/v1/send').requestBody).toMatchObject({
      required: true,
      content: { 'application/json': { schema: { required: expect.arrayContaining(['from', 'subject']) } } },
    });
  });

  it('names the other types that a list can have', () => {
    const types = Object.keys(operation('GET', '/v1/send/logs').responses['200']?.content ?? {});
    expect(types).toEqual(['application/json', 'text/csv', 'application/x-ndjson']);
  });

  it('tells of each error status its codes, and where to wait how long', () => {
    const { responses } = operation('POST', '/v1/send');
    expect(responses['422']?.description).toContain('sending_paused');
    expect(responses['409']?.description).toBe('idempotency_conflict');
    expect(responses['503']?.headers).toHaveProperty('retry-after');
  });

  it('refers to nothing that is not in it', () => {
    const text = JSON.stringify(document);
    expect(
      [...text.matchAll(/"\$ref":"([^"]+)"/g)]
        .map(([, ref]) => ref)
        .every((ref) => ref === '#/components/schemas/Error'),
    ).toBe(true);
  });
});
