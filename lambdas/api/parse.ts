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

/** The first thing that is wrong, with its field. A name that does not exist counts first: it may be the missing one, mistyped. */
function refusal(code: ErrorCode, error: z.core.$ZodError): ApiError {
  const issue = error.issues.find(({ code: kind }) => kind === 'unrecognized_keys') ?? error.issues[0];
  if (!issue) return new ApiError(code, 'The request is invalid');
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
