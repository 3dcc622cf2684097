import { ApiError } from './errors.ts';

/** Deeper than any body of ours; far from what would exhaust a stack. */
const MAX_DEPTH = 32;
const PUNCTUATION_OR_STRING = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g;

/**
 * Refuses what JSON.parse lets pass: a name that stands twice in one object (which of the two counts?), `__proto__`, and
 * nesting without end. `text` must have been parsed already.
 */
function checkStructure(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let lastString: string | undefined;
  for (const [token] of text.matchAll(PUNCTUATION_OR_STRING)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined);
      if (open.length > MAX_DEPTH)
        throw new ApiError('invalid_json', `The body is nested more than ${MAX_DEPTH} deep`);
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ':' && lastString !== undefined) {
      const name = JSON.parse(lastString) as string;
      const names = open.at(-1);
      if (names?.has(name))
        throw new ApiError('invalid_json', 'The body names a field twice', { field: name });
      if (name === '__proto__')
        throw new ApiError('invalid_json', 'The body has a forbidden field', { field: name });
      names?.add(name);
    }
    lastString = token.startsWith('"') ? token : undefined;
  }
}

/** Reads a body; throws `invalid_json` for whatever is not one unambiguous JSON value. */
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
