import { ApiError } from './errors.ts';
import { fieldName } from './parse.ts';

/** Deeper than any body of ours; far from what would exhaust a stack. */
const MAX_DEPTH = 32;
/**
 * Names and elements of a whole body. Most has the webhook of a probe: 16 KiB hold some 11,000. A schema makes an issue of each,
 * and zod passes them on as arguments of one call, of which V8's stack holds about 120,000.
 */
const MAX_PARTS = 20_000;
const PUNCTUATION_OR_STRING = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g;

/** An object or list that is open at a place of the text. */
interface Open {
  /** The names an object has had so far; a list has none. */
  readonly names?: Set<string>;
  /** Where in it the place is: a name, or an index. */
  at: string | number;
}

/**
 * Refuses what JSON.parse lets pass: a name that stands twice in one object (which of the two counts?), and nesting or
 * length without end. `__proto__` is an ordinary name here: JSON.parse makes it an own property, and schemas refuse it
 * where they know no such field. `text` must have been parsed already.
 */
function checkStructure(text: string): void {
  const open: Open[] = [];
  const pathHere = (): string => fieldName(open.map(({ at }) => at));
  let lastString: string | undefined;
  let parts = 0;
  for (const [token] of text.matchAll(PUNCTUATION_OR_STRING)) {
    const within = open.at(-1);
    // The first of a list or an object comes after a bracket, each other one after a comma.
    if (token === '{' || token === '[' || token === ',') parts += 1;
    if (parts > MAX_PARTS)
      throw new ApiError('invalid_json', `The body has more than ${MAX_PARTS} names and elements`);
    if (token === '{' || token === '[') {
      open.push(token === '{' ? { names: new Set(), at: '' } : { at: 0 });
      if (open.length > MAX_DEPTH)
        throw new ApiError('invalid_json', `The body is nested more than ${MAX_DEPTH} deep`);
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ',' && typeof within?.at === 'number') {
      within.at += 1;
    } else if (token === ':' && within && lastString !== undefined) {
      const name = JSON.parse(lastString) as string;
      within.at = name;
      if (within.names?.has(name))
        throw new ApiError('invalid_json', 'The body names a field twice', { field: pathHere() });
      within.names?.add(name);
    }
    lastString = token.startsWith('"') ? token : undefined;
  }
}

/** Reads a body; throws `invalid_json` for whatever is not one unambiguous JSON value, naming the field by its path. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ApiError('invalid_json', 'The body is not JSON', { cause });
  }
  checkStructure(text);
  return value;
}
