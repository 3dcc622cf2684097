/** The parameters and the response of a list that can be searched: messages and the log. */
import * as z from 'zod/mini';
import { lookupAddress } from './addresses.ts';
import { asSent, line, listOf, rfc3339, wellFormedText } from './common.ts';
import { documented, named, schemaDocs } from './documented.ts';

/** The longest subject is one header line (RFC 5322). */
const SEARCH_MAX_LENGTH = 998;
/** A name and a value of an SES message tag have at most 256 characters each. */
const TAG_MAX_LENGTH = 513;

/** A text to search for. Every text is accepted, because people search with parts of addresses. */
const searchText = z.pipe(
  z.string().check(
    z.maxLength(SEARCH_MAX_LENGTH, `must have at most ${SEARCH_MAX_LENGTH} characters`),
    z.refine((text) => text.trim() !== '', 'must not be empty'),
    wellFormedText,
  ),
  z.transform((text) => text.trim()),
);
asSent.add(searchText, { type: 'string', minLength: 1, maxLength: SEARCH_MAX_LENGTH });

/** The filters that no index answers alone. */
export const searchFilters = {
  q: documented(
    z.optional(searchText),
    'Only entries that match this text: a recipient, the beginning of a recipient, `@domain`, a message id, or a part of the subject. Upper and lower case are equal.',
    'ann@exam',
  ),
  from: documented(z.optional(lookupAddress), 'Only entries of this sender.', 'you@yourdomain.com'),
  tag: documented(
    z.optional(line(TAG_MAX_LENGTH)),
    'Only entries with this message tag: `name` for any value, or `name:value`.',
    'campaign:spring',
  ),
};

/** A comma-separated list of names, each at most once in the result and in the order of `names`. */
export function commaSeparated<Name extends string>(names: readonly Name[]) {
  const isName = (text: string): text is Name => (names as readonly string[]).includes(text);
  const list = z.pipe(
    z
      .string()
      .check(
        z.refine(
          (text) => text.split(',').every(isName),
          `must be one of these, or several separated by commas: ${names.join(', ')}`,
        ),
      ),
    z.transform((text): readonly Name[] => {
      const parts = text.split(',');
      return names.filter((name) => parts.includes(name));
    }),
  );
  const one = `(?:${names.join('|')})`;
  asSent.add(list, { type: 'string', pattern: `^${one}(?:,${one})*$` });
  return list;
}

/** The response of a list that can be searched. Its schema is named after the item, with `List` appended. */
export function searchedListOf<T extends z.ZodMiniType>(item: T) {
  const list = z.extend(listOf(item), {
    searched_until: documented(
      z.nullable(rfc3339),
      'A search reads a limited number of entries per request. This is the time down to which it has looked, if it stopped before the page was full. `next_cursor` continues the search. Null if the page is full or the search is complete.',
    ),
  });
  const id = schemaDocs.get(item)?.id;
  return id === undefined ? list : named(`${id}List`, list);
}
