import * as z from 'zod/mini';
import { SCOPES } from '../../core/api-key.ts';
import { idOf, line, rfc3339 } from './common.ts';
import { documented, named } from './documented.ts';

const scope = named('ApiKeyScope', z.enum(SCOPES), {
  description:
    '`send` allows sending email. `read` allows reading everything except API keys and secrets. `admin` allows everything.',
});

const scopes = z.array(scope).check(
  z.minLength(1, 'must contain at least one scope'),
  z.maxLength(SCOPES.length),
  z.refine((names) => new Set(names).size === names.length, 'must not contain a scope twice'),
);

/** Body of POST /v1/api-keys. */
export const createApiKeyBody = named(
  'CreateApiKeyRequest',
  z.strictObject({
    name: documented(line(100), 'A name that helps you recognize the key.', 'Reporting'),
    scopes: documented(z._default(scopes, ['read']), 'What the key is allowed to do.'),
    expires_at: documented(
      z.optional(rfc3339),
      'When the key stops working. Without it, the key does not expire.',
      '2027-01-01T00:00:00Z',
    ),
  }),
);

const fields = {
  id: idOf('key'),
  name: z.string(),
  scopes: z.array(scope),
  hint: documented(z.string(), 'The beginning and the end of the key, so that you can recognize it.'),
  created_at: rfc3339,
  expires_at: documented(z.nullable(rfc3339), 'When the key stops working. Null if the key does not expire.'),
  last_used_at: documented(
    z.nullable(rfc3339),
    'When the key was last used. The time can be up to one hour too early. Null if the key was never used.',
  ),
};

/** An ApiKey in the form of the API. */
export const apiKeyJson = named('ApiKey', z.strictObject(fields), {
  description: 'An API key, without the key itself.',
});

/** The response to a created key. Only this response contains the key itself. */
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
      'Emails sent with this configuration set are tracked and belong to this workspace.',
    ),
    retention_days: documented(z.int(), 'Number of days that events are stored.'),
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
