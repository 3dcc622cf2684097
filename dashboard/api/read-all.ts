import type { Client, Query } from './client.ts';
import { withQuery } from './client.ts';
import type { List } from './types.ts';

/** The largest page of the API. */
const PAGE_LIMIT = '100';

/** Every page of a list, from the first one on. Stops before the next page if `signal` is aborted. */
export async function* readAllPages<T>(
  client: Client,
  path: string,
  { query, signal }: { readonly query: Query; readonly signal: AbortSignal },
): AsyncGenerator<readonly T[]> {
  let cursor: string | undefined;
  do {
    // Sequential: each page contains the cursor of the next one.
    const page = await client.call<List<T>>(withQuery(path, { ...query, limit: PAGE_LIMIT, cursor }), {
      signal,
    });
    yield page.data;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && !signal.aborted);
}
