/**
 * Placeholders in the code of the pages: the API key, the address of the API, and ids that the reader replaces. In a string of
 * code, a placeholder is its name between two characters of a private area of Unicode, which no source contains. So a
 * placeholder passes through the JSON of a body and through the syntax highlighting unchanged.
 */
const OPEN = '\u{E000}';
const CLOSE = '\u{E001}';

export function placeholder(name: string): string {
  return `${OPEN}${name}${CLOSE}`;
}

/** What the page shows until its script knows the key and the address. */
const FILLED: Readonly<Record<string, { readonly fill: string; readonly text: string }>> = {
  BASE: { fill: 'base', text: 'https://YOUR_API_ADDRESS' },
  KEY: { fill: 'key', text: 'YOUR_API_KEY' },
};

/** Values of the variables that need no replacement to understand the example. */
const EXAMPLE_VALUES: Readonly<Record<string, string>> = {
  FROM: 'you@yourdomain.com',
  HOOK_URL: 'https://example.com/webhooks',
  RUN: '1',
};

/** The placeholder or the example value of a shell variable of the pages: `$BASE`, `$FROM`, `$MESSAGE_ID`. */
export function valueOfVariable(name: string): string {
  return EXAMPLE_VALUES[name] ?? placeholder(name);
}

/** Replaces the placeholders in escaped HTML by elements, which the script of the page fills. */
export function fillPlaceholders(html: string): string {
  return html.replaceAll(/\u{E000}(\w+)\u{E001}/gu, (_, name: string) => {
    const filled = FILLED[name];
    return filled
      ? `<span data-fill="${filled.fill}">${filled.text}</span>`
      : `<var title="Replace this">${name}</var>`;
  });
}
