import { bareAddress, canonicalAddress } from './addresses.ts';
import type { EmailEvent } from './events.ts';
import { providerOf } from './providers.ts';

/** The dimensions by which events are counted (docs/adr/0038-counters-by-dimension.md). */
export const DIMENSIONS = ['provider', 'sender', 'tag', 'configuration_set', 'reason'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** The value of an event without a tag, a configuration set or a sender. */
export const NO_VALUE = '(none)';

/** A value in UTF-8. A longer value would let a sender fill the keys of the table. */
const VALUE_MAX_BYTES = 128;

/**
 * The tags of one event that count under their own value. The rows of one event must fit one transaction, and each tag needs one
 * row for each interval.
 */
export const TAGS_MAX = 32;

/** What an event counts under in one dimension. */
export interface DimensionValue {
  readonly dimension: Dimension;
  /** Undefined if the event counts under `other`. */
  readonly value: string | undefined;
}

function bounded(value: string): string | undefined {
  return Buffer.byteLength(value) > VALUE_MAX_BYTES ? undefined : value;
}

function senderValue(from: string): string {
  const sender = canonicalAddress(bareAddress(from));
  return sender === '' ? NO_VALUE : sender;
}

/** One value for each distinct tag. Every tag after `TAGS_MAX` tags is one more `other`. */
function tagValues({ tags = [] }: EmailEvent): readonly (string | undefined)[] {
  if (tags.length === 0) return [NO_VALUE];
  const distinct = [...new Set(tags.map(([name, value]) => `${name}:${value}`))];
  return distinct.map((value, index) => (index < TAGS_MAX ? bounded(value) : undefined));
}

/** The reason that the receiving server gave. Only an event that is a problem of delivery has a reason. */
function reasonValues({ event, details }: EmailEvent): readonly string[] {
  if (event !== 'bounced' && event !== 'soft_bounced' && event !== 'delayed') return [];
  return [details.reason ?? 'unknown'];
}

/**
 * The values under which an event is counted: one of each dimension, except that an event with several tags has several values of
 * `tag`, and that only an event with a problem has a `reason`.
 */
export function valuesOf(event: EmailEvent): readonly DimensionValue[] {
  const provider = providerOf(event.to);
  const values: Readonly<Record<Dimension, readonly (string | undefined)[]>> = {
    provider: [provider === 'other' ? undefined : provider],
    sender: [bounded(senderValue(event.from))],
    tag: tagValues(event),
    configuration_set: [bounded(event.configuration_set ?? NO_VALUE)],
    reason: reasonValues(event),
  };
  return DIMENSIONS.flatMap((dimension) => values[dimension].map((value) => ({ dimension, value })));
}
