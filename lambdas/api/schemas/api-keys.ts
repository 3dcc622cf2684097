import * as z from 'zod/mini';
import { SCOPES } from '../../core/api-key.ts';
import { idOf, line, rfc3339 } from './common.ts';

const scopes = z.array(z.enum(SCOPES)).check(
  z.minLength(1, 'must name at least one scope'),
  z.maxLength(SCOPES.length),
  z.refine((names) => new Set(names).size === names.length, 'names a scope twice'),
);

/** Body of POST /v1/api-keys. */
export const createApiKeyBody = z.strictObject({
  name: line(100),
  scopes: z._default(scopes, ['read']),
  expires_at: z.optional(rfc3339),
});

const fields = {
  id: idOf('key'),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  /** Beginning and end of the key, to recognise it by. */
  hint: z.string(),
  created_at: rfc3339,
  expires_at: z.nullable(rfc3339),
  /** Up to an hour behind. */
  last_used_at: z.nullable(rfc3339),
};

/** An ApiKey as the API shows it. */
export const apiKeyJson = z.strictObject(fields);

/** The key itself is shown when it is made, and never again. */
export const newApiKeyJson = z.strictObject({ ...fields, key: z.string() });

export const workspaceJson = z.strictObject({
  id: idOf('ws'),
  name: z.string(),
  created_at: z.nullable(rfc3339),
  /** Mail sent with it is tracked, and belongs to this workspace. */
  configuration_set: z.string(),
  retention_days: z.int(),
  retry: z.strictObject({ first_delay_seconds: z.int(), factor: z.number(), count: z.int() }),
  /** The key that asks. */
  key: z.strictObject({ id: z.string(), scopes: z.array(z.enum(SCOPES)) }),
});
