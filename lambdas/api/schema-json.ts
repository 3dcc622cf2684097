import * as z from 'zod/mini';
import { asSent } from './schemas/common.ts';
import { schemaDocs } from './schemas/documented.ts';

export type Json = Readonly<Record<string, unknown>>;

const DEFINITIONS = '#/$defs/';
const COMPONENTS = '#/components/schemas/';

/** Bounds that every JavaScript integer satisfies, so the document leaves them out. */
const ANY_INTEGER = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } as const;

/** Removes keywords that zod generates and that add no information. */
function simplify(json: Record<string, unknown>): void {
  // The format already describes the value. The pattern is only our check.
  if (json['format'] === 'date-time') delete json['pattern'];
  for (const bound of ['minimum', 'maximum'] as const)
    if (json[bound] === ANY_INTEGER[bound]) delete json[bound];
  // Every field name of a JSON object is a string anyway.
  const names = json['propertyNames'] as Json | undefined;
  if (names && Object.keys(names).length === 1 && names['type'] === 'string') delete json['propertyNames'];
}

/**
 * Moves the default of a field into its description. openapi-typescript treats a field with the keyword `default` as required,
 * so a client would have to send every field.
 */
function describeDefault(json: Record<string, unknown>): void {
  if (json['default'] === undefined) return;
  const sentence = `Default: \`${JSON.stringify(json['default'])}\`.`;
  json['description'] =
    json['description'] === undefined ? sentence : `${json['description'] as string} ${sentence}`;
  delete json['default'];
}

/** The keywords, with each zod schema converted to JSON Schema. */
function converted(keywords: Json): Json {
  const isSchema = (value: unknown): value is z.ZodMiniType => value instanceof z.core.$ZodType;
  return Object.fromEntries(
    Object.entries(keywords).map(([keyword, value]) => [
      keyword,
      isSchema(value) ? z.toJSONSchema(value) : value,
    ]),
  );
}

/** The named schemas of a document. Other schemas refer to them by `$ref`. */
export class Components {
  readonly #schemas = new Map<string, { readonly text: string; readonly json: Json }>();

  /** Converts a schema to JSON Schema. With `io`, the caller chooses the form before parsing (input) or after it (output). A named schema becomes a component. */
  schemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
    const generated = z.toJSONSchema(schema, {
      io,
      metadata: schemaDocs,
      unrepresentable: 'any',
      override({ zodSchema, jsonSchema, path }) {
        const sent = io === 'input' ? asSent.get(zodSchema) : undefined;
        if (sent) {
          const { description } = jsonSchema;
          for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
          Object.assign(jsonSchema, converted(sent), description && { description });
        }
        simplify(jsonSchema);
        // zod drops the example of a schema with a conversion. Our examples are values that a client sends, so add the example again.
        const examples = schemaDocs.get(zodSchema)?.['examples'] as unknown[] | undefined;
        if (examples) jsonSchema.examples = [...examples];
        // The root schema is a parameter, which keeps the keyword `default`.
        if (path.length > 0) describeDefault(jsonSchema);
      },
    });
    const text = JSON.stringify(generated).replaceAll(`"$ref":"${DEFINITIONS}`, `"$ref":"${COMPONENTS}`);
    const { $defs = {}, ...json } = JSON.parse(text, (name, value: unknown) =>
      name === '$schema' ? undefined : value,
    ) as Json & { $defs?: Json };
    for (const [name, definition] of Object.entries($defs)) this.#add(name, definition as Json);
    return json;
  }

  #add(name: string, json: Json): void {
    const text = JSON.stringify(json);
    const existing = this.#schemas.get(name);
    if (existing && existing.text !== text) throw new Error(`Two schemas are named ${name}`);
    this.#schemas.set(name, { text, json });
  }

  /** Every component, by name. */
  toJson(): Json {
    const sorted = [...this.#schemas].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, { json }]) => [name, json]));
  }
}
