import * as z from 'zod/mini';
import { asSent } from './schemas/common.ts';
import { schemaDocs } from './schemas/documented.ts';

export type Json = Readonly<Record<string, unknown>>;

const DEFINITIONS = '#/$defs/';
const COMPONENTS = '#/components/schemas/';

/** Where JSON Schema needs no bound: every integer of JavaScript is within these. */
const ANY_INTEGER = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } as const;

/** What zod writes down that says nothing to a reader of the document. */
function simplify(json: Record<string, unknown>): void {
  // The format says it; the expression is how it is checked here.
  if (json['format'] === 'date-time') delete json['pattern'];
  for (const bound of ['minimum', 'maximum'] as const)
    if (json[bound] === ANY_INTEGER[bound]) delete json[bound];
  // Every name of a JSON object is a string.
  const names = json['propertyNames'] as Json | undefined;
  if (names && Object.keys(names).length === 1 && names['type'] === 'string') delete json['propertyNames'];
}

/**
 * The default of a field as words. openapi-typescript makes a field with the keyword `default` a required one, so that a client would
 * have to send every field.
 */
function describeDefault(json: Record<string, unknown>): void {
  if (json['default'] === undefined) return;
  const words = `Default: \`${JSON.stringify(json['default'])}\`.`;
  json['description'] =
    json['description'] === undefined ? words : `${json['description'] as string} ${words}`;
  delete json['default'];
}

/** The keywords with each schema of zod as JSON Schema. */
function converted(keywords: Json): Json {
  const isSchema = (value: unknown): value is z.ZodMiniType => value instanceof z.core.$ZodType;
  return Object.fromEntries(
    Object.entries(keywords).map(([keyword, value]) => [
      keyword,
      isSchema(value) ? z.toJSONSchema(value) : value,
    ]),
  );
}

/** The schemas of a document that have a name of their own, and the references to them. */
export class Components {
  readonly #schemas = new Map<string, { readonly text: string; readonly json: Json }>();

  /** The schema as JSON Schema; `io` says which side of a default or a conversion is meant. A named schema becomes a component. */
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
        // zod drops the example of a schema that converts: it cannot know that ours is the value as sent.
        const examples = schemaDocs.get(zodSchema)?.['examples'] as unknown[] | undefined;
        if (examples) jsonSchema.examples = [...examples];
        // A parameter keeps its default as it is.
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
    const known = this.#schemas.get(name);
    if (known && known.text !== text) throw new Error(`Two schemas are named ${name}`);
    this.#schemas.set(name, { text, json });
  }

  /** Every component, by name. */
  toJson(): Json {
    const sorted = [...this.#schemas].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, { json }]) => [name, json]));
  }
}
