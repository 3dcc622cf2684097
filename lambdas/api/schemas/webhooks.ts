import * as z from 'zod/mini';
import { DEFAULT_ENDPOINT_EVENTS, EVENT_NAMES, type EventName } from '../../core/events.ts';
import { ENDPOINT_STATUSES } from '../../core/endpoints.ts';
import { idOf, line, rfc3339, wellFormedText } from './common.ts';

/** All but `unknown`, which is never delivered. */
const DELIVERED_EVENTS = EVENT_NAMES.filter((name) => name !== 'unknown');

/** Event names, or `*` alone for all of them. */
const events = z.pipe(
  z.array(z.enum(['*', ...DELIVERED_EVENTS])).check(
    z.minLength(1, 'must name at least one event'),
    z.refine((names) => new Set(names).size === names.length, 'names an event twice'),
    z.refine((names) => !names.includes('*') || names.length === 1, 'must be "*" alone, or names'),
  ),
  z.transform((names): (EventName | '*')[] => names),
);

const url = z.string().check(wellFormedText);
const description = line(500);

export const createWebhookBody = z.strictObject({
  url,
  events: z._default(events, [...DEFAULT_ENDPOINT_EVENTS]),
  description: z.optional(description),
});

export const updateWebhookBody = z
  .strictObject({
    url: z.optional(url),
    events: z.optional(events),
    description: z.optional(description),
    status: z.optional(z.enum(['active', 'paused'])),
  })
  .check(z.refine((changes) => Object.keys(changes).length > 0, 'names nothing to change'));

const endpointFields = {
  id: idOf('ep'),
  url,
  events: z.array(z.enum(['*', ...DELIVERED_EVENTS])),
  description: z.nullable(z.string()),
  status: z.enum(ENDPOINT_STATUSES),
  status_reason: z.nullable(z.string()),
  status_changed_at: rfc3339,
  created_at: rfc3339,
  updated_at: rfc3339,
};

/** An Endpoint as the API shows it. */
export const endpointJson = z.strictObject(endpointFields);

/** Its secret is shown when it is made, and on explicit request. */
export const endpointWithSecretJson = z.strictObject({ ...endpointFields, secret: z.string() });
