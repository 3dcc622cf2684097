import type { Query } from '../api/client.ts';
import { formatNumber, pluralize } from './format.ts';

/** The parameters of the page URL that select suppressions. */
export const SUPPRESSION_FILTERS = ['prefix', 'reason', 'after', 'before'] as const;

/** The parameters of GET /v1/suppressions for the page URL. With a prefix, the API sorts by address, otherwise the newest are first. */
export function toSuppressionQuery(search: URLSearchParams): Query {
  const filters = Object.fromEntries(
    SUPPRESSION_FILTERS.map((name) => [name, search.get(name)?.trim()] as const).filter(([, value]) => value),
  );
  return 'prefix' in filters ? filters : { ...filters, order: 'newest' };
}

/** `412 suppressed addresses`, or with filters `12 addresses match`. */
export function describeTotal(
  { count, exact }: { readonly count: number; readonly exact: boolean },
  isFiltered: boolean,
): string {
  const atLeast = exact ? '' : 'At least ';
  if (!isFiltered) return atLeast + pluralize(count, 'suppressed address', 'suppressed addresses');
  if (count === 1 && exact) return '1 address matches';
  return `${atLeast}${formatNumber(count)} addresses match`;
}
