import * as z from 'zod/mini';
import type { Pairs } from '../../core/tags.ts';
import { asSent } from './common.ts';

type Issues = z.core.ParsePayload['issues'];

function firstMessage(schema: z.ZodMiniString, value: unknown): string | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? undefined : parsed.error.issues[0]?.message;
}

/**
 * A JSON object whose names the caller chooses, read as pairs. `z.record` would leave out `__proto__` without an error,
 * and an object would give names such as `constructor` a meaning. A wrong name or value is an issue at its own path.
 */
export function namedValues(
  name: z.ZodMiniString,
  value: z.ZodMiniString,
  { most, what }: { readonly most: number; readonly what: string },
) {
  const schema = z.transform((input: unknown, context): Pairs => {
    const issues: Issues = context.issues;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      issues.push({ code: 'invalid_type', expected: 'record', input });
      return [];
    }
    const pairs = Object.entries(input as Readonly<Record<string, unknown>>);
    if (pairs.length > most)
      issues.push({ code: 'custom', message: `must be at most ${most} ${what}`, input });
    for (const [each, given] of pairs) {
      const message = firstMessage(name, each) ?? firstMessage(value, given);
      if (message !== undefined) issues.push({ code: 'custom', message, path: [each], input: given });
    }
    return pairs as unknown as Pairs;
  });
  asSent.add(schema, {
    type: 'object',
    propertyNames: name,
    additionalProperties: value,
    maxProperties: most,
  });
  return schema;
}
