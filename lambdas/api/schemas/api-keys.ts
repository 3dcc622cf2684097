import * as z from 'zod/mini';
import { SCOPES } from '../../core/api-key.ts';
import { idOf, line, rfc3339 } from './common.ts';
import { documented, named } from './documented.ts';

const scope = named('ApiKeyScope', z.enum(SCOPES), {
  description: '`send`: send email. `read`: read everything but keys and secrets. `admin`: everything.',
});

const scopes = z.array(scope).check(
  z.minLength(1, 'must name at least one scope'),
  z.maxLength(SCOPES.length),
  z.refine((names) => new Set(names).size === names.length, 'names a scope twice'),
);

/** Body of POST /v1/api-keys. */
export const createApiKeyBody = named(
  'CreateApiKeyRequest',
  z.strictObject({
    name: documented(line(100), 'A name for people.', 'Reporting'),
    scopes: documented(z._default(scopes, ['read']), 'What the key may do.'),
    expires_at: documented(
      z.optional(rfc3339),
      'When the key stops working. Without it, never.',
      '2027-01-01T00:00:00Z',
    ),
  }),
);

const fields = {
  id: idOf('key'),
  name: z.string(),
  scopes: z.array(scope),
  hint: documented(z.string(), 'Beginning and end of the key, to recognize it by.'),
  created_at: rfc3339,
  expires_at: documented(z.nullable(rfc3339), 'When the key stops working. Null if it never does.'),
  last_used_at: documented(
    z.nullable(rfc3339),
    'When the key was last used, up to an hour behind. Null if it never was.',
  ),
};

/** An ApiKey as the API shows it. */
export const apiKeyJson = named('ApiKey', z.strictObject(fields), {
  description: 'An API key, without the key itself.',
});

/** The key itself is shown when it is made, and never again. */
export const newApiKeyJson = named('NewApiKey', z.strictObject({ ...fields, key: z.string() }), {
  description: 'A new API key, with the key itself.',
});

export const workspaceJson = named(
  'Workspace',
  z.strictObject({
    id: idOf('ws'),
    name: z.string(),
    created_at: z.nullable(rfc3339),
    configuration_set: documented(
      z.string(),
      'Email sent with this configuration set is tracked, and belongs to this workspace.',
    ),
    retention_days: documented(z.int(), 'How long events are kept.'),
    retry: named(
      'RetrySchedule',
      z.strictObject({ first_delay_seconds: z.int(), factor: z.number(), count: z.int() }),
      { description: 'The delays between the attempts of a delivery.' },
    ),
    key: documented(
      z.strictObject({ id: z.string(), scopes: z.array(scope) }),
      'The API key of this request.',
    ),
  }),
  { description: 'The workspace of the API key, and the settings of the deployment.' },
);
