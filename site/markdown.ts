import { Marked, type Tokens } from 'marked';
import { codeBlock, codeTabs, requestTabs, type Tab } from './code-block.ts';
import { escapeHtml, slug, textOfHtml, unescapeHtml } from './escape.ts';
import type { Section } from './page.ts';
import { commandsOf, parseCurl } from './shell.ts';

/** The tab of a verifier, by the beginning of the title of its block. A reader of curl examples sees the one for Bash. */
const TAB_OF_TITLE: readonly (readonly [RegExp, Pick<Tab, 'id' | 'label'>])[] = [
  [/TypeScript/, { id: 'typescript', label: 'TypeScript' }],
  [/Node|JavaScript/, { id: 'node', label: 'Node.js' }],
  [/Python/, { id: 'python', label: 'Python' }],
  [/Go\b/, { id: 'go', label: 'Go' }],
  [/Java\b/, { id: 'java', label: 'Java' }],
  [/Rust/, { id: 'rust', label: 'Rust' }],
  [/PHP/, { id: 'php', label: 'PHP' }],
  [/Ruby/, { id: 'ruby', label: 'Ruby' }],
  [/Bash/, { id: 'curl', label: 'Bash' }],
];

/** A collapsed block of code, with an optional line of text before the code. */
const DETAILS =
  /<details>\n<summary>(.*?)<\/summary>\n+(?:([^`<\n].*)\n\n)?```(\w+)\n([^]*?)\n```\n+<\/details>\n*/g;
/** Text that only readers of the repository need, such as the meaning of `$BASE`: the site fills in the address. */
const REPOSITORY_ONLY = /<!-- only in the repository -->[^]*?<!-- end -->\n*/g;
const SEVERAL_DETAILS = new RegExp(`(?:${DETAILS.source}){2,}`, 'g');
/** The language of a fenced block that stands for tabs. The block contains the tabs as JSON. */
const TABS = 'tabs';

/** Replaces several collapsed blocks of code after each other by one block that is rendered as tabs. */
function collectTabs(markdown: string): string {
  return markdown.replaceAll(SEVERAL_DETAILS, (blocks) => {
    const tabs = [...blocks.matchAll(DETAILS)].map(([, title = '', note, syntax = '', code = '']): Tab => {
      const found = TAB_OF_TITLE.find(([pattern]) => pattern.test(title))?.[1];
      return {
        id: slug(title),
        label: title,
        ...found,
        code,
        syntax,
        ...(note !== undefined && { note: renderInline(note) }),
      };
    });
    return `\`\`\`${TABS}\n${JSON.stringify(tabs)}\n\`\`\`\n\n`;
  });
}

/** A block of commands: tabs if every command is a request to the API, and the commands as they are otherwise. */
function shellBlock(code: string): string {
  const requests = commandsOf(code).map(parseCurl);
  const known = requests.filter((request) => request !== undefined);
  return known.length === requests.length ? requestTabs(known) : codeBlock(code, 'sh');
}

/** Resolves a link of a file to an address of the site; undefined if the site does not have its target. */
export type ResolveLink = (link: string) => string | undefined;

export interface Rendered {
  readonly html: string;
  readonly sections: readonly Section[];
}

/** An anchor that no other heading of the page has. GitHub numbers equal headings in the same way. */
function uniqueId(heading: string, used: Set<string>): string {
  const base = slug(heading);
  let id = base;
  for (let number = 1; used.has(id); number += 1) id = `${base}-${number}`;
  used.add(id);
  return id;
}

/**
 * Renders the Markdown of a page, without its title. `promote` is the number of levels by which its headings move up: the parts
 * of a section become the main parts of its page.
 */
export function renderMarkdown(
  source: string,
  { promote, resolve }: { readonly promote: number; readonly resolve: ResolveLink },
): Rendered {
  const markdown = source.replaceAll(REPOSITORY_ONLY, '');
  const used = new Set<string>();
  const headings: { readonly id: string; readonly title: string; readonly level: number }[] = [];
  const parser = new Marked({ gfm: true, async: false });
  parser.use({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading): string {
        const inner = this.parser.parseInline(tokens);
        const title = textOfHtml(inner);
        const id = uniqueId(title, used);
        const level = Math.max(2, depth - promote);
        headings.push({ id, title, level });
        return `<h${level} id="${id}">${inner}<a class="anchor" href="#${id}" aria-label="Link to this section">#</a></h${level}>\n`;
      },
      code({ text, lang = '' }: Tokens.Code): string {
        if (lang === TABS) return codeTabs(JSON.parse(text) as readonly Tab[]);
        return lang === 'sh' ? shellBlock(text) : codeBlock(text, lang);
      },
      link({ href, tokens }: Tokens.Link): string {
        const inner = this.parser.parseInline(tokens);
        if (/^https?:/.test(href)) return `<a href="${escapeHtml(href)}" rel="noreferrer">${inner}</a>`;
        const target = resolve(href);
        return target === undefined ? inner : `<a href="${escapeHtml(target)}">${inner}</a>`;
      },
      // The images of docs/ are not served.
      image: ({ text }: Tokens.Image) => escapeHtml(text),
    },
  });
  const html = (parser.parse(collectTabs(markdown)) as string)
    .replaceAll('<table>', '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>');
  return { html, sections: sectionsOf(html, headings) };
}

/** What every command contains, so that no search needs it. */
const NOISE = /https:\/\/YOUR_API_ADDRESS |-H "(?:x-api-key|content-type): ?[^"]*" ?\\?/g;

/** The plain text below each heading. Code counts in one language only, because the others say the same. */
function sectionsOf(html: string, headings: readonly Omit<Section, 'text'>[]): readonly Section[] {
  const searched = html.replaceAll(
    /<div class="code" data-language="(?:node|python)"[^]*?<\/pre><\/div>/g,
    ' ',
  );
  const parts = searched.split(/<h[2-6] id="[^"]*">[^]*?<\/h[2-6]>/);
  return parts.map((part, position): Section => {
    const heading = headings[position - 1] ?? { id: '', title: '', level: 1 };
    const text = textOfHtml(part.replaceAll(/<div class="caption">[^]*?<\/div>/g, ''));
    return { ...heading, text: text.replaceAll(NOISE, '') };
  });
}

/** Renders the Markdown of one line, such as a description of the OpenAPI document. */
export function renderInline(markdown: string): string {
  return new Marked({ gfm: true, async: false }).parseInline(markdown) as string;
}

/** The title of a file, and the rest of the file. */
export function splitTitle(markdown: string): { readonly title: string; readonly body: string } {
  const [, title = '', body = ''] = /^# (.+)\n([^]*)$/.exec(markdown) ?? [];
  return { title: unescapeHtml(title), body };
}

/** The sections of a file by their second-level heading. */
export function splitSections(markdown: string): ReadonlyMap<string, string> {
  const parts = markdown.split(/^## (.+)\n/m);
  const sections = new Map<string, string>();
  for (let index = 1; index < parts.length; index += 2)
    sections.set(parts[index] ?? '', parts[index + 1] ?? '');
  return sections;
}
