import type { SearchEntry } from '../search-index.ts';
import { searchEntries, snippetOf, wordsOf } from './match.ts';

function create<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}

/** Marks the words in a text. */
function marked(text: string, words: readonly string[]): readonly (Node | string)[] {
  const pattern = words.map((word) => word.replaceAll(/[^a-z0-9]/g, String.raw`\$&`)).join('|');
  if (pattern === '') return [text];
  return text
    .split(new RegExp(`(${pattern})`, 'i'))
    .map((part, index) => (index % 2 === 1 ? create('mark', {}, part) : part));
}

let entries: Promise<readonly SearchEntry[]> | undefined;

/** Loads the index on first use. After a failure, the next use tries again. */
function loadEntries(): Promise<readonly SearchEntry[]> {
  const address = new URL(document.documentElement.dataset['search'] ?? '', document.baseURI);
  entries ??= fetch(address).then((response) => {
    if (!response.ok) throw new Error(`The search index has status ${response.status}`);
    return response.json() as Promise<readonly SearchEntry[]>;
  });
  entries.catch(() => (entries = undefined));
  return entries;
}

/** The search dialog: a text field, and a list that the arrow keys move through. */
function createDialog() {
  const input = create('input', {
    // Not `search`: there, the first Escape empties the field instead of closing the dialog.
    type: 'text',
    enterkeyhint: 'search',
    placeholder: 'Search the documentation',
    'aria-label': 'Search the documentation',
    role: 'combobox',
    'aria-expanded': 'false',
    'aria-controls': 'search-results',
    'aria-autocomplete': 'list',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const list = create('ul', { id: 'search-results', role: 'listbox', 'aria-label': 'Results' });
  const status = create('p', { class: 'search-status', role: 'status' });
  const close = create('button', { type: 'button', class: 'close' }, 'Close');
  const dialog = create(
    'dialog',
    { class: 'search-dialog', 'aria-label': 'Search' },
    create('div', { class: 'search-field' }, input, close),
    status,
    list,
  );
  document.body.append(dialog);

  let selected = -1;
  const options = (): readonly HTMLElement[] => [...list.querySelectorAll<HTMLElement>('[role=option]')];

  function select(index: number): void {
    const all = options();
    selected = all.length === 0 ? -1 : (index + all.length) % all.length;
    for (const [position, option] of all.entries())
      option.setAttribute('aria-selected', String(position === selected));
    const current = all[selected];
    if (current) {
      input.setAttribute('aria-activedescendant', current.id);
      current.scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
  }

  function open(option: HTMLElement | undefined): void {
    const address = option?.dataset['href'];
    if (address === undefined) return;
    dialog.close();
    location.assign(new URL(address, document.baseURI));
  }

  function optionFor(entry: SearchEntry, index: number, words: readonly string[]): HTMLElement {
    const option = create(
      'li',
      { id: `result-${index}`, role: 'option', 'aria-selected': 'false', 'data-href': entry.u },
      create('span', { class: 'where' }, entry.p),
      create('b', {}, ...marked(entry.h, words)),
      create('span', { class: 'snippet' }, ...marked(snippetOf(entry.t, words), words)),
    );
    option.addEventListener('click', () => open(option));
    option.addEventListener('mousemove', () => {
      if (selected !== index) select(index);
    });
    return option;
  }

  async function update(): Promise<void> {
    const query = input.value;
    const words = wordsOf(query);
    let found: readonly SearchEntry[];
    try {
      found = searchEntries(await loadEntries(), query);
    } catch {
      status.textContent = 'The search could not be loaded. Type again to retry.';
      return;
    }
    // The reader may have typed more while the index was loading.
    if (query !== input.value) return;
    list.replaceChildren(...found.map((entry, index) => optionFor(entry, index, words)));
    status.textContent =
      words.length === 0
        ? ''
        : found.length === 0
          ? `Nothing found for “${query}”.`
          : `${found.length} ${found.length === 1 ? 'result' : 'results'}`;
    input.setAttribute('aria-expanded', String(found.length > 0));
    select(0);
  }

  input.addEventListener('input', () => void update());
  input.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) select(selected + step);
    else if (event.key === 'Enter') open(options()[selected]);
    else return;
    event.preventDefault();
  });
  close.addEventListener('click', () => dialog.close());
  // A click beside the dialog closes it.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return {
    show(): void {
      if (dialog.open) return;
      dialog.showModal();
      input.select();
      void update();
    },
  };
}

/** Whether the reader is typing into a field, where `/` is a letter. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
  );
}

/** Enables the search button, and the keys `/` and Ctrl+K or ⌘K. */
export function enableSearch(): void {
  const dialog = createDialog();
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-search-open]')) {
    button.hidden = false;
    button.addEventListener('click', () => dialog.show());
    // The index is there when the reader begins to type.
    button.addEventListener('pointerenter', () => void loadEntries().catch(() => undefined), { once: true });
  }
  addEventListener('keydown', (event) => {
    const isSlash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isCommand = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
    if ((isSlash && !isTyping(event.target)) || isCommand) {
      event.preventDefault();
      dialog.show();
    }
  });
}
