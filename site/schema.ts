/** The parts of a JSON schema that the reference shows. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** The named schemas of the document, by name. */
export type Schemas = Readonly<Record<string, Schema>>;

/** Follows a `$ref`. The fields beside the `$ref` win. Any other schema is returned unchanged. */
export function resolveSchema(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split('/').at(-1);
  if (name === undefined) return schema;
  const { $ref: _, ...rest } = schema;
  return { ...resolveSchema(schemas[name] ?? {}, schemas), ...rest };
}

function isNull({ type }: Schema): boolean {
  return type === 'null';
}

/** The alternatives of a schema, without null. */
function alternativesOf(schema: Schema): readonly Schema[] {
  return (schema.anyOf ?? schema.oneOf ?? []).filter((each) => !isNull(each));
}

/** The type in words: `string`, `list of string`, `object or null`. */
export function typeText(schema: Schema, schemas: Schemas): string {
  const resolved = resolveSchema(schema, schemas);
  const { type, format, anyOf, oneOf, items, enum: values } = resolved;
  const either = anyOf ?? oneOf;
  if (either) return [...new Set(either.map((each) => typeText(each, schemas)))].join(' or ');
  if (format === 'date-time') return 'time';
  if (format === 'date') return 'date';
  if (type === 'array') return `list of ${typeText(items ?? {}, schemas)}`;
  if (values && type === undefined) return 'string';
  return [type ?? 'any'].flat().join(' or ');
}

/** The permitted values and limits in words, as Markdown. Empty if there are none. */
export function limitsText(schema: Schema, schemas: Schemas): string {
  const resolved = resolveSchema(schema, schemas);
  const { enum: values = resolveSchema(resolved.items ?? {}, schemas).enum, minimum, maximum } = resolved;
  const parts = [
    values && values.length > 1 ? `One of ${values.map((each) => `\`${String(each)}\``).join(', ')}.` : '',
    minimum !== undefined && maximum !== undefined && maximum < 1e9 ? `${minimum} to ${maximum}.` : '',
    resolved.default === undefined ? '' : `Default: \`${JSON.stringify(resolved.default)}\`.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** The schema of the fields below a value: of an object, of the entries of a list, or of an alternative to null. */
export function objectIn(schema: Schema, schemas: Schemas): Schema | undefined {
  const resolved = resolveSchema(schema, schemas);
  if (resolved.properties) return resolved;
  if (resolved.items) return objectIn(resolved.items, schemas);
  const [only, ...others] = alternativesOf(resolved).filter((each) => objectIn(each, schemas));
  return only && others.length === 0 ? objectIn(only, schemas) : undefined;
}

/** Examples of texts whose schemas have none, by the name of their field. */
const TEXT_OF_FIELD: Readonly<Record<string, string>> = {
  from: 'you@yourdomain.com',
  to: 'ann@example.com',
  address: 'ann@example.com',
  accepted: 'ann@example.com',
  suppressed: 'gone@example.com',
  url: 'https://example.com/webhooks',
  name: 'Orders',
  key: 'ivy_live_…',
  hint: 'ivy_live_…4711',
  configuration_set: 'IvyMailEvents',
  code: 'url_address_forbidden',
  message: 'The host has no public IPv4 address',
};
const EXAMPLE_TIME = '2026-02-25T12:00:00Z';

/**
 * An example of a value: the example of its schema, or one that is made from its parts. `depth` ends a schema that contains
 * itself. `name` is the name of the field.
 */
export function exampleOf(schema: Schema, schemas: Schemas, depth = 0, name = ''): unknown {
  const resolved = resolveSchema(schema, schemas);
  const { examples, type, format, enum: values, items, properties, minimum } = resolved;
  if (examples?.[0] !== undefined) return examples[0];
  if (resolved.const !== undefined) return resolved.const;
  if (resolved.default !== undefined) return resolved.default;
  if (values) return values[0];
  const either = resolved.anyOf ?? resolved.oneOf;
  if (either) {
    const [first] = alternativesOf(resolved);
    // A value that is usually null, such as a cursor, would be a wrong promise with an invented value.
    return either.some(isNull) && first && !objectIn(first, schemas)
      ? null
      : exampleOf(first ?? {}, schemas, depth, name);
  }
  if (format === 'date-time') return EXAMPLE_TIME;
  if (format === 'date') return EXAMPLE_TIME.slice(0, 10);
  if (properties) {
    if (depth > 5) return {};
    return Object.fromEntries(
      Object.entries(properties).map(([field, each]) => [field, exampleOf(each, schemas, depth + 1, field)]),
    );
  }
  const [main] = [type ?? []].flat();
  if ([type].flat().includes('null')) return null;
  if (main === 'array') return items && depth <= 5 ? [exampleOf(items, schemas, depth + 1, name)] : [];
  if (main === 'integer' || main === 'number') return Math.max(0, minimum ?? 0);
  if (main === 'boolean') return true;
  if (main === 'object') return {};
  return TEXT_OF_FIELD[name] ?? '…';
}

/** The example of a request body: its required fields, and the optional fields that have an example. */
export function requestExample(schema: Schema, schemas: Schemas): unknown {
  const resolved = resolveSchema(schema, schemas);
  if (resolved.examples?.[0] !== undefined) return resolved.examples[0];
  if (!resolved.properties) return exampleOf(resolved, schemas);
  const shown = Object.entries(resolved.properties).filter(
    ([name, each]) =>
      resolved.required?.includes(name) || resolveSchema(each, schemas).examples?.[0] !== undefined,
  );
  return Object.fromEntries(shown.map(([name, each]) => [name, exampleOf(each, schemas, 1, name)]));
}
