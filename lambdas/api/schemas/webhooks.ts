import * as z from 'zod';
import { DEFAULT_ENDPOINT_EVENTS, EVENT_NAMES, type EventName } from '../../core/events.ts';
import { line } from './common.ts';

/** All but `unknown`, which is never delivered. */
const DELIVERED_EVENTS = EVENT_NAMES.filter((name) => name !== 'unknown');

/** Event names, or `*` alone for all of them. */
const events = z
  .array(z.enum(['*', ...DELIVERED_EVENTS]))
  .min(1, 'must name at least one event')
  .refine((names) => new Set(names).size === names.length, 'names an event twice')
  .refine((names) => !names.includes('*') || names.length === 1, 'must be "*" alone, or names')
  .transform((names): (EventName | '*')[] => names);

const url = z.string();
const description = line(500);

export const createWebhookBody = z.strictObject({
  url,
  events: events.default([...DEFAULT_ENDPOINT_EVENTS]),
  description: description.optional(),
});

export const updateWebhookBody = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    description: description.optional(),
    status: z.enum(['active', 'paused']).optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'names nothing to change');
