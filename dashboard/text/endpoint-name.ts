import type { Endpoint } from '../api/types.ts';

/** `example.com/hooks`: the host and the path of a URL, so that two endpoints on the same host differ. */
export function shortUrl(url: string): string {
  const { host, pathname, search } = new URL(url);
  return `${host}${pathname === '/' ? '' : pathname}${search}`;
}

/** The name of an endpoint in every list: its description, or the host and the path of its URL. */
export function endpointName({ description, url }: Pick<Endpoint, 'description' | 'url'>): string {
  return description ?? shortUrl(url);
}
