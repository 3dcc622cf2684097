import { useLocation, useSearch } from 'wouter-preact';

type NextParams = URLSearchParams | Readonly<Record<string, string>>;
export type SetSearch = (next: NextParams, options?: { readonly replace?: boolean }) => void;

/**
 * The query parameters of the page URL, and a function that changes them. They are read from `location`, because wouter
 * decodes them twice, which breaks an email address that contains a `%`.
 */
export function useSearchParams(): readonly [URLSearchParams, SetSearch] {
  const [path, navigate] = useLocation();
  useSearch();
  const set: SetSearch = (next, options) => {
    const text = new URLSearchParams(next).toString();
    navigate(text === '' ? path : `${path}?${text}`, options);
  };
  return [new URLSearchParams(location.search), set];
}

/** The last segment of the path, decoded once. wouter decodes only some characters: it leaves `%2F`, for example. */
export function lastPathSegment(): string {
  const segment = location.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Returns a copy with some parameters changed. A parameter whose new value is undefined or empty is removed. */
export function changeSearchParams(
  search: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}
