import { escapeHtml } from './escape.ts';
import { highlight } from './highlight.ts';
import { fillPlaceholders } from './placeholders.ts';
import { SAMPLE_LANGUAGES, samplesOf } from './samples.ts';
import type { ApiRequest } from './shell.ts';

/** A piece of code under a tab. */
export interface Tab {
  /** The name under which the choice of the reader is stored: `node`. */
  readonly id: string;
  readonly label: string;
  readonly code: string;
  /** The language of the highlighting. */
  readonly syntax: string;
  /** A line above the code, as HTML. */
  readonly note?: string;
}

const SHOWN_LANGUAGE: Readonly<Record<string, string>> = {
  sh: 'Shell',
  bash: 'Shell',
  json: 'JSON',
  jsonc: 'JSON',
  js: 'JavaScript',
  ts: 'TypeScript',
  python: 'Python',
  go: 'Go',
  ruby: 'Ruby',
  text: 'Text',
};

function preformatted(code: string, syntax: string): string {
  return `<pre tabindex="0"><code>${fillPlaceholders(highlight(code, syntax))}</code></pre>`;
}

// The buttons work only with the script, which removes `hidden`.
const COPY = '<button type="button" class="copy" data-copy hidden>Copy</button>';

/** A code block with its title and a button that copies it. */
export function codeBlock(code: string, syntax: string, title = SHOWN_LANGUAGE[syntax] ?? syntax): string {
  return `<div class="code"><div class="caption"><span>${escapeHtml(title)}</span>${COPY}</div>${preformatted(code, syntax)}</div>`;
}

/**
 * Code in several languages. Without the script, all are below each other with their names. With it, they are tabs, and every
 * block of the site shows the language that the reader chose last.
 */
export function codeTabs(tabs: readonly Tab[], label = 'Language'): string {
  const panels = tabs.map(
    ({ id, label: name, code, syntax, note }) =>
      `<div class="code" data-language="${id}"><div class="caption"><span>${escapeHtml(name)}</span>${COPY}</div>${note === undefined ? '' : `<p class="note">${note}</p>`}${preformatted(code, syntax)}</div>`,
  );
  return `<div class="tabs" data-tabs="${escapeHtml(label)}">${panels.join('')}</div>`;
}

/** One or several requests as tabs. */
export function requestTabs(requests: readonly ApiRequest[]): string {
  const samples = samplesOf(requests);
  return codeTabs(
    SAMPLE_LANGUAGES.map(({ id, label, syntax }) => ({ id, label, syntax, code: samples[id] })),
  );
}
