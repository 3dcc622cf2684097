import { useEffect, useRef, useState } from 'preact/hooks';

/** How long the user must stop typing before a search starts. */
const SEARCH_AFTER_MS = 400;
/** A shorter text matches most of the log, so a search for it starts only with Enter. */
const MIN_LENGTH = 3;
/** The longest text that the API accepts. */
const MAX_LENGTH = 998;

/** One box for every search. It searches after a pause in typing, or immediately with Enter. */
export function LogSearchBox({
  value,
  onSearch,
}: {
  readonly value: string;
  readonly onSearch: (text: string, options: { readonly replace: boolean }) => void;
}) {
  const [typed, setTyped] = useState(value);
  // Replace the typed text only if the URL was changed by something other than typing, such as the back button.
  const requested = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => {
    if (value !== requested.current) {
      // A search that waits for its delay would undo the change of the URL.
      clearTimeout(timer.current);
      setTyped(value);
    }
    requested.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  // The delayed search must keep a filter that the user changes during the delay.
  const latestOnSearch = useRef(onSearch);
  latestOnSearch.current = onSearch;
  function search(text: string, replace: boolean): void {
    clearTimeout(timer.current);
    if (text === requested.current) return;
    // While the user types one search, the URL is replaced, so that Back leaves the search.
    requested.current = text;
    latestOnSearch.current(text, { replace });
  }

  return (
    <label class="log-search">
      <span class="visually-hidden">Search</span>
      <input
        type="search"
        data-search=""
        value={typed}
        maxLength={MAX_LENGTH}
        placeholder="Search recipient, @domain, message ID or subject"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          clearTimeout(timer.current);
          const text = currentTarget.value.trim();
          if (text.length >= MIN_LENGTH || text === '')
            timer.current = setTimeout(() => search(text, requested.current !== ''), SEARCH_AFTER_MS);
        }}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') search(currentTarget.value.trim(), requested.current !== '');
        }}
      />
    </label>
  );
}
