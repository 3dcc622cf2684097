import type { Schema, Schemas } from './schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly description?: string;
  readonly example?: unknown;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly 'x-required-scope'?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>;
}

/** The parts of the OpenAPI document that the reference shows. */
export interface OpenApi {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Schemas };
}

/** An operation with its address. A webhook has no path, because your server chooses it. */
export interface Endpoint {
  readonly method: string;
  readonly path: string | undefined;
  readonly operation: Operation;
}

/** Every operation of a tag. */
export function endpointsOf(document: OpenApi, tag: string): readonly Endpoint[] {
  const of = (paths: OpenApi['paths'], pathOf: (path: string) => string | undefined): readonly Endpoint[] =>
    Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: pathOf(path),
        operation,
      })),
    );
  return [...of(document.paths, (path) => path), ...of(document.webhooks, () => undefined)].filter(
    ({ operation }) => operation.tags.includes(tag),
  );
}

export function jsonSchemaOf(part: Content | undefined): Schema | undefined {
  return part?.content?.['application/json']?.schema;
}
