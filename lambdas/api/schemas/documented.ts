/** What the OpenAPI document says about the schemas, beside what they check (openapi.ts). */
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

/** Where `z.describe` writes, too. `id` is the name below `components.schemas`. */
export const schemaDocs = z.globalRegistry;

/**
 * A copy of a schema with a description, and an example as a client sends or receives it. Every parameter needs both: a unit test
 * fails otherwise, and checks the example with the schema.
 */
export function documented<T extends z.ZodMiniType>(schema: T, description: string, example?: unknown): T {
  const copy = z.clone(schema);
  schemaDocs.add(copy, { description, ...(example !== undefined && { examples: [example] }) });
  return copy;
}

/** The schema itself, under a name of its own below `components.schemas`; other schemas refer to it by `$ref`. */
export function named<T extends z.ZodMiniType>(id: string, schema: T, docs: SchemaDocs = {}): T {
  schemaDocs.add(schema, { id, ...docs });
  return schema;
}
