import { ApiError } from './errors.ts';
import { fieldName } from './parse.ts';

/** The maximum nesting depth of a body. No valid body is nested deeper, and a stack overflows only at a far greater depth. */
const MAX_DEPTH = 32;
/**
 * The maximum number of fields and list elements in a body. The largest valid body is a probe webhook of 16 KiB, with about
 * 11,000. A schema can report an issue for each field, and zod passes all issues as arguments of one call. V8's stack has room for
 * about 120,000 arguments.
 */
const MAX_PARTS = 20_000;
const PUNCTUATION_OR_STRING = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g;

/** An object or list that has begun and not yet ended at the current position of the text. */
interface OpenContainer {
  /** The field names of an object so far. A list has none. */
  readonly names?: Set<string>;
  /** The current position in the container: a field name or an index. */
  at: string | number;
}

/**
 * Refuses ambiguous or excessive JSON that JSON.parse accepts: an object with the same field twice, deep nesting, and too many
 * fields. `__proto__` is an ordinary name here. JSON.parse makes it an own property, and schemas refuse it as an unknown field.
 * Call this only with text that JSON.parse has accepted.
 */
function checkStructure(text: string): void {
  const open: OpenContainer[] = [];
  const currentPath = (): string => fieldName(open.map(({ at }) => at));
  let lastString: string | undefined;
  let parts = 0;
  for (const [token] of text.matchAll(PUNCTUATION_OR_STRING)) {
    const within = open.at(-1);
    // The first field or element follows a bracket. Every other one follows a comma.
    if (token === '{' || token === '[' || token === ',') parts += 1;
    if (parts > MAX_PARTS)
      throw new ApiError('invalid_json', `The body has more than ${MAX_PARTS} fields and list elements`);
    if (token === '{' || token === '[') {
      open.push(token === '{' ? { names: new Set(), at: '' } : { at: 0 });
      if (open.length > MAX_DEPTH)
        throw new ApiError('invalid_json', `The body is nested more than ${MAX_DEPTH} levels deep`);
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ',' && typeof within?.at === 'number') {
      within.at += 1;
    } else if (token === ':' && within && lastString !== undefined) {
      const name = JSON.parse(lastString) as string;
      within.at = name;
      if (within.names?.has(name))
        throw new ApiError('invalid_json', 'The body contains a field twice', { field: currentPath() });
      within.names?.add(name);
    }
    lastString = token.startsWith('"') ? token : undefined;
  }
}

/** Parses a body. Throws `invalid_json` if it is not one unambiguous JSON value, and names the field by its path. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ApiError('invalid_json', 'The body is not valid JSON', { cause });
  }
  checkStructure(text);
  return value;
}
