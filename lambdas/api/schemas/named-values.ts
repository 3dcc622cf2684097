import * as z from 'zod/mini';
import type { Pairs } from '../../core/tags.ts';
import { asSent } from './common.ts';

type Issues = z.core.ParsePayload['issues'];

function firstMessage(schema: z.ZodMiniString, value: unknown): string | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? undefined : parsed.error.issues[0]?.message;
}

/**
 * A JSON object whose names the client chooses, parsed as pairs. `z.record` would drop `__proto__` without an error, and in a
 * plain object a name such as `constructor` would have a meaning. An invalid name or value is an issue with its own path.
 */
export function namedValues(
  name: z.ZodMiniString,
  value: z.ZodMiniString,
  { max, noun }: { readonly max: number; readonly noun: string },
) {
  const schema = z.transform((input: unknown, context): Pairs => {
    const issues: Issues = context.issues;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      issues.push({ code: 'invalid_type', expected: 'record', input });
      return [];
    }
    const pairs = Object.entries(input as Readonly<Record<string, unknown>>);
    if (pairs.length > max)
      issues.push({ code: 'custom', message: `must contain at most ${max} ${noun}`, input });
    for (const [each, text] of pairs) {
      const message = firstMessage(name, each) ?? firstMessage(value, text);
      if (message !== undefined) issues.push({ code: 'custom', message, path: [each], input: text });
    }
    return pairs as unknown as Pairs;
  });
  asSent.add(schema, {
    type: 'object',
    propertyNames: name,
    additionalProperties: value,
    maxProperties: max,
  });
  return schema;
}
