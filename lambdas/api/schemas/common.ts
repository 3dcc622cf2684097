import * as z from 'zod/mini';
import type { IdPrefix } from '../../core/ids.ts';

/** How a value is described that is sent as text and meant as something else: JSON Schema. */
export const asSent = z.registry<Readonly<Record<string, unknown>>>();

const LIMIT = 'must be a whole number from 1 to 100';

/** 1 to 100, as text in a query. */
const limit = z._default(
  z.pipe(
    z.string().check(
      z.regex(/^[0-9]{1,3}$/, LIMIT),
      z.refine((text) => Number(text) >= 1 && Number(text) <= 100, LIMIT),
    ),
    z.transform(Number),
  ),
  20,
);

asSent.add(limit, { type: 'integer', minimum: 1, maximum: 100, default: 20 });

/** What every list takes. */
export const paging = {
  limit,
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(4096))),
};

/** `true` or `false`, as text in a query. */
export const flag = z._default(
  z.pipe(
    z.enum(['true', 'false']),
    z.transform((text) => text === 'true'),
  ),
  false,
);
asSent.add(flag, { type: 'boolean', default: false });

export const noQuery = z.strictObject({});

/** Half a surrogate pair (`"\ud800"` is JSON) is no character: no mail, no row and no webhook could carry it. */
export const wellFormedText: z.core.$ZodCheck<string> = z.refine(
  (text) => text.isWellFormed(),
  'must be well-formed Unicode',
);

/** No CR, LF or other control character ever reaches a header of a mail. */
export function line(maxLength: number): z.ZodMiniString {
  return z
    .string()
    .check(
      z.minLength(1, 'must not be empty'),
      z.maxLength(maxLength, `must have at most ${maxLength} characters`),
      z.regex(/^[^\u0000-\u001f\u007f]*$/, 'must hold no line breaks or control characters'),
      wellFormedText,
    );
}

const TIME = 'must be a time as in 2026-02-25T12:00:00Z';

/** The years that RFC 3339 and the keys of the table have room for, and what is reckoned from a time; UTC counts. */
const FIRST_MS = Date.parse('0002-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T00:00:00Z');

export const rfc3339 = z.iso.datetime({ offset: true, error: TIME }).check(
  z.refine((text) => {
    const epochMs = Date.parse(text);
    return epochMs >= FIRST_MS && epochMs <= LAST_MS;
  }, TIME),
);

/** An id of ours, as a part of the path or as a field. */
export function idOf(prefix: IdPrefix): z.ZodMiniString {
  return z
    .string()
    .check(z.regex(new RegExp(`^${prefix}_[a-z2-7]{26}$`), `must be an id that begins with ${prefix}_`));
}

/** The answer of every list; a cursor is null at an end. */
export function listOf<T extends z.ZodMiniType>(item: T) {
  return z.strictObject({
    data: z.array(item),
    next_cursor: z.nullable(z.string()),
    prev_cursor: z.nullable(z.string()),
  });
}
