/** A named set of filters of the log. */
export interface SavedView {
  readonly name: string;
  /** The query of the page URL. */
  readonly search: string;
}

/** Browser storage for the saved views. */
export type ViewStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** Parameters that belong to a moment, not to a view. */
const TRANSIENT = ['cursor'] as const;

function isSavedView(value: unknown): value is SavedView {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'search' in value &&
    typeof value.search === 'string'
  );
}

function keyOf(workspaceId: string): string {
  return `ivymail.views.${workspaceId}`;
}

/** The saved views of a workspace, by name. Unreadable storage counts as empty. */
export function readViews(storage: ViewStorage, workspaceId: string): readonly SavedView[] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(keyOf(workspaceId)) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isSavedView) : [];
  } catch {
    return [];
  }
}

export function writeViews(storage: ViewStorage, workspaceId: string, views: readonly SavedView[]): void {
  storage.setItem(keyOf(workspaceId), JSON.stringify(views));
}

/** Adds a view, or replaces the view with the same name. */
export function saveView(
  views: readonly SavedView[],
  name: string,
  search: URLSearchParams,
): readonly SavedView[] {
  const saved = new URLSearchParams(search);
  for (const parameter of TRANSIENT) saved.delete(parameter);
  const others = deleteView(views, name);
  return [...others, { name, search: saved.toString() }].toSorted((left, right) =>
    left.name.localeCompare(right.name),
  );
}

/** Renames a view. A view that already has the new name is replaced. */
export function renameView(views: readonly SavedView[], name: string, newName: string): readonly SavedView[] {
  const view = views.find((each) => each.name === name);
  if (!view || name === newName) return views;
  return saveView(deleteView(views, name), newName, new URLSearchParams(view.search));
}

export function deleteView(views: readonly SavedView[], name: string): readonly SavedView[] {
  return views.filter((each) => each.name !== name);
}
