import { escapeHtml, slug, textOfHtml } from './escape.ts';
import { renderMarkdown, splitSections, splitTitle, type ResolveLink } from './markdown.ts';
import { GUIDE, outlineOf, type PageSource } from './outline.ts';
import { firstSentence, hrefOf, type Page } from './page.ts';

/** Reads a file of docs/. */
export type ReadSource = (file: string) => string;

/** Files that a deployment serves outside the site, by their path in docs/. */
const SERVED: Readonly<Record<string, string>> = {
  'README.md': '../docs',
  'llms.txt': '../llms.txt',
  'site/openapi.json': '../v1/openapi.json',
  '../README.md': '../docs',
};

interface Source extends PageSource {
  readonly group: string;
  readonly title: string;
  readonly body: string;
}

/** Every page that docs/ contains, in the order of the contents. */
function sourcesOf(read: ReadSource): readonly Source[] {
  const guide = splitSections(read(GUIDE));
  return outlineOf([...guide.keys()], slug).flatMap(({ title: group, pages }) =>
    pages.map((page): Source => {
      if (page.section !== undefined)
        return { ...page, group, title: page.section, body: guide.get(page.section) ?? '' };
      return { ...page, group, ...splitTitle(read(page.file)) };
    }),
  );
}

function anchorsOf({ body, section }: Source): readonly string[] {
  const headings = [...body.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)];
  return [...(section === undefined ? [] : [slug(section)]), ...headings.map(([, text = '']) => slug(text))];
}

/** Resolves the links of a file. */
function resolver(sources: readonly Source[], file: string): ResolveLink {
  return (link) => {
    const [target = '', anchor = ''] = link.split('#');
    const name = target === '' ? file : target;
    if (name === 'api.md') return hrefOf('api', anchor);
    const candidates = sources.filter((source) => source.file === name);
    const page =
      candidates.find((source) => anchorsOf(source).includes(anchor)) ??
      candidates.find((source) => source.section === 'Event types') ??
      candidates[0];
    if (!page) return SERVED[name];
    return hrefOf(page.path, page.section !== undefined && anchor === slug(page.section) ? '' : anchor);
  };
}

/** Resolves the links of a page that is not part of the outline. */
export function resolverFor(read: ReadSource, file: string): ResolveLink {
  return resolver(sourcesOf(read), file);
}

/** The pages that are made from docs/. */
export function guidePages(read: ReadSource): readonly Page[] {
  const sources = sourcesOf(read);
  return sources.map((source): Page => {
    const { html, sections } = renderMarkdown(source.body, {
      promote: source.section === undefined ? 0 : 1,
      resolve: resolver(sources, source.file),
    });
    const { path, group, label } = source;
    const title = source.section === undefined ? source.title : label;
    // `#retries` led to this section when the site was one page.
    const id = source.section === undefined ? '' : ` id="${slug(source.section)}"`;
    return {
      path,
      group,
      label,
      title,
      description: firstSentence(textOfHtml(/<p>[^]*?<\/p>/.exec(html)?.[0] ?? '')),
      html: `<h1${id}>${escapeHtml(title)}</h1>\n${html.replaceAll('href="#', `href="${hrefOf(path)}#`)}`,
      sections,
    };
  });
}

/** Where the anchors of the single page of earlier versions are now, by anchor. */
export function movedAnchors(read: ReadSource): Readonly<Record<string, string>> {
  const moved: Record<string, string> = { 'api-reference': hrefOf('api') };
  for (const source of sourcesOf(read).filter(({ file }) => file === GUIDE)) {
    for (const anchor of anchorsOf(source))
      moved[anchor] ??= hrefOf(source.path, anchor === slug(source.section ?? '') ? '' : anchor);
  }
  return moved;
}
