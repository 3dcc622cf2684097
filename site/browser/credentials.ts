/** The name under which the dashboard stores the API key. test/site/browser.test.ts compares it with the dashboard. */
export const KEY_NAME = 'ivymail.api_key';

/** The key of the dashboard in this browser: of this tab, or of all tabs. */
export function storedKey(): string | undefined {
  try {
    return sessionStorage.getItem(KEY_NAME) ?? localStorage.getItem(KEY_NAME) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The address of the API: this page without `/docs/…`, so also the stage or the domain is right. */
export function apiAddress(baseUri: string): string {
  return new URL('..', baseUri).href.replace(/\/$/, '');
}

/** The key as the page shows it: only its beginning. */
export function maskKey(key: string): string {
  return `${key.slice(0, 9)}••••••••`;
}

let revealed = false;

/** What the generated page shows instead of a key. */
const PLACEHOLDER = 'YOUR_API_KEY';

function showKeys(): void {
  const key = storedKey();
  for (const element of document.querySelectorAll<HTMLElement>('[data-fill="key"]')) {
    element.textContent = key === undefined ? PLACEHOLDER : revealed ? key : maskKey(key);
    element.classList.toggle('filled', key !== undefined);
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-reveal]')) {
    button.hidden = key === undefined;
    button.textContent = revealed ? 'Hide key' : 'Show key';
  }
}

/** Adds a button to each code block that contains the key. */
function addRevealButtons(): void {
  for (const element of document.querySelectorAll('[data-fill="key"]')) {
    const caption = element.closest('.code')?.querySelector('.caption');
    if (!caption || caption.querySelector('[data-reveal]')) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset['reveal'] = '';
    button.addEventListener('click', () => {
      revealed = !revealed;
      showKeys();
    });
    caption.querySelector('[data-copy]')?.before(button);
  }
}

/**
 * Writes the address of this API and the stored key into the examples. The key stays masked until the reader reveals it. It is
 * written into the page only, never into an address.
 */
export function fillExamples(): void {
  const address = apiAddress(document.baseURI);
  for (const element of document.querySelectorAll<HTMLElement>('[data-fill="base"]'))
    element.textContent = address;
  addRevealButtons();
  showKeys();
}

/** The text of a code block as the reader runs it: with the whole key, even while the page shows it masked. */
export function codeText(block: Element): string {
  const key = storedKey();
  const copy = block.cloneNode(true) as Element;
  if (key !== undefined)
    for (const element of copy.querySelectorAll('[data-fill="key"]')) element.textContent = key;
  return copy.textContent;
}
