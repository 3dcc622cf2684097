import { escapeHtml } from './escape.ts';
import { renderInline } from './markdown.ts';
import { limitsText, objectIn, resolveSchema, typeText, type Schema, type Schemas } from './schema.ts';

/** Deeper fields are only in the example. */
const MAX_DEPTH = 3;

export interface Field {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
  readonly description?: string | undefined;
}

function fieldHtml({ name, schema, required, description }: Field, schemas: Schemas, depth: number): string {
  const resolved = resolveSchema(schema, schemas);
  const text = [description ?? resolved.description ?? '', limitsText(schema, schemas)]
    .filter((part) => part !== '')
    .join(' ');
  const inside = depth < MAX_DEPTH ? objectIn(schema, schemas) : undefined;
  const nested = inside
    ? `<details><summary>Fields of <code>${escapeHtml(name)}</code></summary>${fieldList(propertiesOf(inside), schemas, depth + 1)}</details>`
    : '';
  return `<li><code class="name">${escapeHtml(name)}</code> <span class="type">${escapeHtml(typeText(schema, schemas))}</span>${
    required ? ' <span class="required">required</span>' : ''
  }${text === '' ? '' : `<p>${renderInline(text)}</p>`}${nested}</li>`;
}

/** A list of parameters or fields. The fields of an object are collapsed below it. */
export function fieldList(fields: readonly Field[], schemas: Schemas, depth = 0): string {
  return `<ul class="fields">${fields.map((field) => fieldHtml(field, schemas, depth)).join('')}</ul>`;
}

/** The fields of an object. `showRequired` marks the required ones, which means something for a request only. */
export function propertiesOf(schema: Schema, showRequired = false): readonly Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, each]) => ({
    name,
    schema: each,
    required: showRequired && (schema.required?.includes(name) ?? false),
  }));
}
