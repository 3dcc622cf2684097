/** Descriptions and names of schemas for the OpenAPI document (openapi.ts). */
import * as z from 'zod/mini';

/** Keywords of JSON Schema and OpenAPI 3.1. */
interface SchemaDocs {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly discriminator?: {
    readonly propertyName: string;
    readonly mapping: Readonly<Record<string, string>>;
  };
}

/** The registry that `z.describe` uses too. `id` is the name in `components.schemas`. */
export const schemaDocs = z.globalRegistry;

/**
 * Returns a copy of a schema with a description and an example. The example is a value that a client sends or receives. Every
 * parameter needs a description and an example. A unit test checks this, and parses each example with its schema.
 */
export function documented<T extends z.ZodMiniType>(schema: T, description: string, example?: unknown): T {
  const copy = z.clone(schema);
  schemaDocs.add(copy, { description, ...(example !== undefined && { examples: [example] }) });
  return copy;
}

/** Gives a schema a name in `components.schemas`. Other schemas then refer to it by `$ref`. Returns the same schema. */
export function named<T extends z.ZodMiniType>(id: string, schema: T, docs: SchemaDocs = {}): T {
  schemaDocs.add(schema, { id, ...docs });
  return schema;
}
