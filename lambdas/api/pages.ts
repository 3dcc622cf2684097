import { openCursor, sealCursor, type CursorScope } from '../core/cursor.ts';
import type { Page, Position } from '../store/pages.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './errors.ts';

/** A list in the form of the API. A cursor is null if there is no such page. */
export interface List<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
  readonly prev_cursor: string | null;
}

/** The workspace, route and filters of a list. A cursor is valid only for the same scope. */
export function cursorScope(
  workspaceId: string,
  path: string,
  query: Readonly<Record<string, unknown>>,
): CursorScope {
  const filters = Object.entries(query)
    .filter(([name, value]) => value !== undefined && name !== 'cursor' && name !== 'limit')
    .map(([name, value]) => [name, String(value)] as const);
  return { workspaceId, route: path, filters: Object.fromEntries(filters) };
}

export async function positionOf(
  deps: Pick<ApiDeps, 'cursorKey'>,
  scope: CursorScope,
  cursor: string | undefined,
): Promise<Position | undefined> {
  if (cursor === undefined) return undefined;
  const position = openCursor(cursor, scope, await deps.cursorKey());
  if (position) return position;
  throw new ApiError('invalid_cursor', 'The cursor is not valid for this list with these filters', {
    field: 'cursor',
  });
}

export async function toList<T, U>(
  deps: Pick<ApiDeps, 'cursorKey' | 'randomBytes'>,
  scope: CursorScope,
  { page, toJson }: { readonly page: Page<T>; readonly toJson: (item: T) => U },
): Promise<List<U>> {
  // A list with a single page needs no cursor, so the key is not read and KMS is not called.
  const key = page.next || page.prev ? await deps.cursorKey() : undefined;
  const seal = (position: Position | undefined): string | null =>
    position && key ? sealCursor(position, scope, { key, randomBytes: deps.randomBytes }) : null;
  return { data: page.items.map(toJson), next_cursor: seal(page.next), prev_cursor: seal(page.prev) };
}
