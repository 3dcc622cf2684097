import * as z from 'zod/mini';
import type { IdPrefix } from '../../core/ids.ts';
import { documented, named, schemaDocs } from './documented.ts';

/**
 * JSON Schema keywords for values that clients send in another form than the parsed one, such as a number in a query. A keyword
 * may contain a zod schema. Only the OpenAPI document converts it, so that no Lambda function loads the converter.
 */
export const asSent = z.registry<Readonly<Record<string, unknown>>>();

/** A number from 1 to `max`, as text in a query. */
export function limitUpTo(max: number) {
  const message = `must be a whole number from 1 to ${max}`;
  const schema = z.pipe(
    z.string().check(
      z.regex(/^[0-9]{1,3}$/, message),
      z.refine((text) => Number(text) >= 1 && Number(text) <= max, message),
    ),
    z.transform(Number),
  );
  asSent.add(schema, { type: 'integer', minimum: 1, maximum: max });
  return schema;
}

const DEFAULT_LIMIT = 20;
const limit = z._default(limitUpTo(100), DEFAULT_LIMIT);
asSent.add(limit, { type: 'integer', minimum: 1, maximum: 100, default: DEFAULT_LIMIT });

const CURSOR_EXAMPLE = 'AXk3c2V0Zm9vYmFyYmF6cXV4';

/** The parameters of a list with pages. */
export const paging = {
  limit: documented(limit, 'Maximum number of entries on the page.', 20),
  cursor: documented(
    z.optional(z.string().check(z.minLength(1), z.maxLength(4096))),
    'The `next_cursor` or `prev_cursor` of another page of the same list. The filters must be the same as for that page.',
    CURSOR_EXAMPLE,
  ),
};

/** A boolean, as text in a query. */
export const flag = z._default(
  z.pipe(
    z.enum(['true', 'false']),
    z.transform((text) => text === 'true'),
  ),
  false,
);
asSent.add(flag, { type: 'boolean', default: false });

export const noQuery = z.strictObject({});

/** Refuses half a surrogate pair (`"\ud800"` is valid JSON). It is not a character, so no email, row or webhook could contain it. */
export const wellFormedText: z.core.$ZodCheck<string> = z.refine(
  (text) => text.isWellFormed(),
  'must be well-formed Unicode',
);

/** One line of text. Control characters are refused, so that no CR or LF can reach a header of an email. */
export function line(maxLength: number): z.ZodMiniString {
  return z
    .string()
    .check(
      z.minLength(1, 'must not be empty'),
      z.maxLength(maxLength, `must have at most ${maxLength} characters`),
      z.regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain line breaks or control characters'),
      wellFormedText,
    );
}

const TIME = 'must be a time such as 2026-02-25T12:00:00Z';
const TIME_OR_DATE = `${TIME}, or a date such as 2026-02-25 (midnight UTC)`;

/** The range of times in UTC. RFC 3339 and the keys of the table have four digits for the year. The last day is left out, so that a time that is computed from a valid time also fits. */
const FIRST_MS = Date.parse('0002-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T00:00:00Z');

export const rfc3339 = z.iso.datetime({ offset: true, error: TIME }).check(
  z.refine((text) => {
    const epochMs = Date.parse(text);
    return epochMs >= FIRST_MS && epochMs <= LAST_MS;
  }, TIME),
);

/** A calendar day: `2026-02-25`. */
const date = z.iso.date();

/** Turns a date into its midnight in UTC. Returns any other text unchanged. */
function atMidnight(text: string): string {
  return date.safeParse(text).success ? `${text}T00:00:00Z` : text;
}

/** A boundary of a time range: an RFC 3339 time, or a date. */
export const rangeTime = z.pipe(
  z.string(TIME_OR_DATE).check(
    z.refine(
      (text) => !/\d \d\d:\d\d$/.test(text),
      'contains a space. Send the + of an offset in a query parameter as %2B',
    ),
    z.refine((text) => rfc3339.safeParse(atMidnight(text)).success, TIME_OR_DATE),
  ),
  z.transform(atMidnight),
);
// Each branch has a type, because client generators cannot handle a format without one.
asSent.add(rangeTime, {
  anyOf: [
    { type: 'string', format: 'date-time' },
    { type: 'string', format: 'date' },
  ],
});

const ID_DESCRIPTIONS: Readonly<Record<IdPrefix, string>> = {
  ws: 'Id of a workspace.',
  key: 'Id of an API key.',
  evt: 'Id of an event. It is also the `webhook-id` header.',
  ep: 'Id of a webhook endpoint.',
  dlv: 'Id of a delivery.',
  rcv: 'Id of a recovery.',
  qtn: 'Id of a quarantined message.',
  req: 'Id of a request.',
  ivm: 'Id of a message that did not reach Amazon SES.',
  rpt: 'Id of a stream of email that the reputation guard watches.',
};

/** An id of this project, in a path or in a field. */
export function idOf(prefix: IdPrefix): z.ZodMiniString {
  const id = z
    .string()
    .check(z.regex(new RegExp(`^${prefix}_[a-z2-7]{26}$`), `must be an id that begins with ${prefix}_`));
  return documented(id, ID_DESCRIPTIONS[prefix], `${prefix}_kq7zq5h3m2x4c6v7b2n3m4a5s6`);
}

/** The response of a list. Its schema is named after the item, with `List` appended. */
export function listOf<T extends z.ZodMiniType>(item: T) {
  const list = z.strictObject({
    data: z.array(item),
    next_cursor: documented(z.nullable(z.string()), 'Cursor of the next page. Null on the last page.'),
    prev_cursor: documented(z.nullable(z.string()), 'Cursor of the previous page. Null on the first page.'),
  });
  const id = schemaDocs.get(item)?.id;
  return id === undefined ? list : named(`${id}List`, list);
}
