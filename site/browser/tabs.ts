const STORAGE_KEY = 'ivymail.docs_languages';

/** The languages that the reader chose, the last one first. A block shows the first of them that it has. */
function chosenLanguages(): readonly string[] {
  try {
    return (localStorage.getItem(STORAGE_KEY) ?? '').split(',').filter((each) => each !== '');
  } catch {
    return [];
  }
}

/** The language to show: the last choice that the block has, and its first language without a choice. */
export function preferredLanguage(
  available: readonly string[],
  chosen: readonly string[],
): string | undefined {
  return chosen.find((each) => available.includes(each)) ?? available[0];
}

function remember(language: string): readonly string[] {
  const chosen = [language, ...chosenLanguages().filter((each) => each !== language)].slice(0, 5);
  try {
    localStorage.setItem(STORAGE_KEY, chosen.join(','));
  } catch {
    // Without storage, the choice holds for this page.
  }
  return chosen;
}

interface Block {
  readonly element: HTMLElement;
  /** The tabs by language. */
  readonly tabs: ReadonlyMap<string, HTMLButtonElement>;
  readonly panels: ReadonlyMap<string, HTMLElement>;
}

function show({ tabs, panels }: Block, language: string): void {
  for (const [id, tab] of tabs) {
    tab.setAttribute('aria-selected', String(id === language));
    tab.tabIndex = id === language ? 0 : -1;
  }
  for (const [id, panel] of panels) panel.hidden = id !== language;
}

/** Moves from tab to tab, as the ARIA pattern for tabs describes. */
function nextIndex(key: string, index: number, count: number): number | undefined {
  if (key === 'ArrowRight') return (index + 1) % count;
  if (key === 'ArrowLeft') return (index + count - 1) % count;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
}

function createBlock(element: HTMLElement, number: number, choose: (language: string) => void): Block {
  const list = document.createElement('div');
  list.setAttribute('role', 'tablist');
  list.setAttribute('aria-label', element.dataset['tabs'] ?? 'Language');
  const tabs = new Map<string, HTMLButtonElement>();
  const panels = new Map<string, HTMLElement>();
  for (const panel of element.querySelectorAll<HTMLElement>(':scope > .code')) {
    const language = panel.dataset['language'] ?? '';
    const tab = document.createElement('button');
    tab.type = 'button';
    tab.id = `tab-${number}-${language}`;
    tab.setAttribute('role', 'tab');
    tab.textContent = panel.querySelector('.caption span')?.textContent ?? language;
    panel.id = `panel-${number}-${language}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tab.id);
    tab.setAttribute('aria-controls', panel.id);
    tab.addEventListener('click', () => choose(language));
    tabs.set(language, tab);
    panels.set(language, panel);
    list.append(tab);
  }
  list.addEventListener('keydown', (event) => {
    const all = [...tabs.values()];
    const index = nextIndex(event.key, all.indexOf(event.target as HTMLButtonElement), all.length);
    if (index === undefined) return;
    event.preventDefault();
    all[index]?.click();
    all[index]?.focus();
  });
  element.prepend(list);
  return { element, tabs, panels };
}

/** Makes tabs of the code blocks in several languages. A choice applies to all blocks of all pages. */
export function enableTabs(): void {
  const blocks: Block[] = [];
  const update = (chosen: readonly string[]): void => {
    for (const block of blocks) {
      const language = preferredLanguage([...block.tabs.keys()], chosen);
      if (language !== undefined) show(block, language);
    }
  };
  for (const [number, element] of document.querySelectorAll<HTMLElement>('[data-tabs]').entries()) {
    const choose = (language: string): void => {
      // The blocks above can become taller or shorter. The clicked block must not move.
      const before = element.getBoundingClientRect().top;
      update(remember(language));
      scrollBy({ top: element.getBoundingClientRect().top - before, behavior: 'instant' });
    };
    blocks.push(createBlock(element, number, choose));
  }
  update(chosenLanguages());
}
