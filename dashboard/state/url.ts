import { useLocation, useSearch } from 'wouter-preact';

type Next = URLSearchParams | Readonly<Record<string, string>>;
export type SetSearch = (next: Next, options?: { readonly replace?: boolean }) => void;

/**
 * The search part of the address, and how to change it. Read from the address itself: wouter's own decodes it twice, and
 * an address of a mail may hold a `%`.
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

/** The last part of the path, decoded once. wouter decodes some of its characters and leaves others, `%2F` among them. */
export function lastPathSegment(): string {
  const part = location.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** With some of them changed; what is undefined or empty goes. */
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
