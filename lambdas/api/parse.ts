import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { ApiError, type ErrorCode } from './errors.ts';

// Without a language, the smaller zod says of everything that it is invalid input.
z.config(en());

/** `['attachments', 0, 'content']` is written `attachments[0].content`. */
export function fieldName(path: readonly PropertyKey[]): string {
  let name = '';
  for (const part of path)
    name += typeof part === 'number' ? `[${part}]` : `${name === '' ? '' : '.'}${String(part)}`;
  return name;
}

/** Whether a branch of a union was meant: the value has the type of the branch, and something else is wrong. */
function isMeant([issue]: readonly z.core.$ZodIssue[]): boolean {
  return issue !== undefined && (issue.code !== 'invalid_type' || issue.path.length > 0);
}

/** Of a union, the issue of the branch that was meant. Without one, the types that the union accepts. */
function withinUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const [within] = issue.errors.find(isMeant) ?? [];
  if (within) return withinUnion({ ...within, path: [...issue.path, ...within.path] });
  const types = issue.errors.flatMap(([each]) => (each?.code === 'invalid_type' ? [each.expected] : []));
  return { ...issue, message: `must be one of these types: ${types.join(', ')}` };
}

/** The first thing that is wrong, with its field. A name that does not exist counts first: it may be the missing one, mistyped. */
function refusal(code: ErrorCode, error: z.core.$ZodError): ApiError {
  const first = error.issues.find(({ code: kind }) => kind === 'unrecognized_keys') ?? error.issues[0];
  if (!first) return new ApiError(code, 'The request is invalid');
  const issue = withinUnion(first);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = fieldName([...issue.path, ...unknown]);
  // A schema may name the code of the contract that its refusal has.
  const named = issue.code === 'custom' ? (issue.params?.['code'] as ErrorCode | undefined) : undefined;
  // Of a name in a map, what is wrong with it says its own schema.
  const said = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const message = unknown.length > 0 ? 'There is no such field' : said;
  return new ApiError(named ?? code, message, field === '' ? {} : { field });
}

/** What a schema makes of a value; throws the ApiError that names the field. */
export function parse<T extends z.ZodMiniType>(schema: T, value: unknown, code: ErrorCode): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refusal(code, parsed.error);
}
