import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { ApiError, type ErrorCode } from './errors.ts';

// Without a language, zod/mini has only the message "Invalid input".
z.config(en());

/** Formats the path of a field: `['attachments', 0, 'content']` becomes `attachments[0].content`. */
export function fieldName(path: readonly PropertyKey[]): string {
  let name = '';
  for (const part of path)
    name += typeof part === 'number' ? `[${part}]` : `${name === '' ? '' : '.'}${String(part)}`;
  return name;
}

/** Whether the client meant this branch of a union: the value has the type of the branch, and only its content is invalid. */
function isMeant([issue]: readonly z.core.$ZodIssue[]): boolean {
  return issue !== undefined && (issue.code !== 'invalid_type' || issue.path.length > 0);
}

/** For a union: the issue of the branch that the client meant. If there is no such branch, an issue that lists the accepted types. */
function withinUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const [within] = issue.errors.find(isMeant) ?? [];
  if (within) return withinUnion({ ...within, path: [...issue.path, ...within.path] });
  const types = issue.errors.flatMap(([each]) => (each?.code === 'invalid_type' ? [each.expected] : []));
  return { ...issue, message: `must be one of these types: ${types.join(', ')}` };
}

/** The error for the first issue, with its field. An unknown field comes first, because it may be a required field with a typo. */
function toApiError(code: ErrorCode, error: z.core.$ZodError): ApiError {
  const first = error.issues.find(({ code: kind }) => kind === 'unrecognized_keys') ?? error.issues[0];
  if (!first) return new ApiError(code, 'The request is invalid');
  const issue = withinUnion(first);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = fieldName([...issue.path, ...unknown]);
  // A schema may name the error code of its issue.
  const ownCode = issue.code === 'custom' ? (issue.params?.['code'] as ErrorCode | undefined) : undefined;
  // For an invalid name in a map, the schema of the name has the message.
  const issueMessage =
    issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const message = unknown.length > 0 ? 'This field does not exist' : issueMessage;
  return new ApiError(ownCode ?? code, message, field === '' ? {} : { field });
}

/** Parses a value with a schema. Throws an ApiError that names the invalid field. */
export function parse<T extends z.ZodMiniType>(schema: T, value: unknown, code: ErrorCode): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw toApiError(code, parsed.error);
}
