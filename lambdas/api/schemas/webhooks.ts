import * as z from 'zod/mini';
import { DEFAULT_ENDPOINT_EVENTS, EVENT_NAMES, type EventName } from '../../core/events.ts';
import { line } from './common.ts';

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

const url = z.string();
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
