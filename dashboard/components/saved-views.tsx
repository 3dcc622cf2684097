import { useEffect, useRef, useState } from 'preact/hooks';
import { session } from '../state/app.ts';
import {
  deleteView,
  readViews,
  renameView,
  saveView,
  writeViews,
  type SavedView,
} from '../state/saved-views.ts';

function workspaceId(): string {
  const { value } = session.current;
  return value.state === 'signed-in' ? value.workspace.id : '';
}

/** A form with one text field for the name of a view. */
function NameForm({
  label,
  action,
  initial = '',
  onSubmit,
}: {
  readonly label: string;
  readonly action: string;
  readonly initial?: string;
  readonly onSubmit: (name: string) => void;
}) {
  const [name, setName] = useState(initial);
  const input = useRef<HTMLInputElement>(null);
  // The form of a rename replaces the button that opened it.
  useEffect(() => {
    if (initial !== '') input.current?.select();
  }, []);
  return (
    <form
      class="name-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(name.trim());
        setName(initial);
      }}
    >
      <label class="filter">
        <span>{label}</span>
        <input
          ref={input}
          value={name}
          maxLength={60}
          autocomplete="off"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={name.trim() === ''}>
        {action}
      </button>
    </form>
  );
}

/** The saved views of this workspace. They are stored in this browser. */
export function SavedViews({
  search,
  onOpen,
}: {
  readonly search: URLSearchParams;
  readonly onOpen: (query: string) => void;
}) {
  const [views, setViews] = useState(() => readViews(localStorage, workspaceId()));
  const [renaming, setRenaming] = useState<string>();
  const root = useRef<HTMLDivElement>(null);
  const change = (next: readonly SavedView[]): void => {
    // The button that was used may disappear with its view.
    root.current?.focus();
    setViews(next);
    writeViews(localStorage, workspaceId(), next);
  };
  return (
    <div class="saved-views" ref={root} tabIndex={-1}>
      {views.length === 0 && (
        <p class="quiet">No saved views yet. Set filters, then save them under a name.</p>
      )}
      <ul class="choices">
        {views.map(({ name, search: query }) => (
          <li key={name}>
            {renaming === name ? (
              <NameForm
                label={`New name of ${name}`}
                action="Rename"
                initial={name}
                onSubmit={(newName) => {
                  change(renameView(views, name, newName));
                  setRenaming(undefined);
                }}
              />
            ) : (
              <>
                <button type="button" class="plain grow" onClick={() => onOpen(query)}>
                  {name}
                </button>
                <button
                  type="button"
                  class="plain"
                  aria-label={`Rename ${name}`}
                  onClick={() => setRenaming(name)}
                >
                  Rename
                </button>
                <button
                  type="button"
                  class="plain"
                  aria-label={`Delete ${name}`}
                  onClick={() => change(deleteView(views, name))}
                >
                  Delete
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
      <NameForm
        label="Save the current filters as"
        action="Save"
        onSubmit={(name) => change(saveView(views, name, search))}
      />
      <p class="quiet">Views are stored in this browser.</p>
    </div>
  );
}
