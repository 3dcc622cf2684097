import { escapeHtml } from './escape.ts';
import { hrefOf, type Page } from './page.ts';

/** The files that every page loads, relative to `/docs/`. */
export interface Assets {
  readonly style: string;
  /** Runs before the page is shown: sets the theme. */
  readonly start: string;
  /** Everything else of the script. */
  readonly main: string;
  readonly icon: string;
  /** The search index, which the script loads on first use. */
  readonly search: string;
}

function link(page: Page, current: Page | undefined): string {
  return `<a href="${hrefOf(page.path)}"${page === current ? ' aria-current="page"' : ''}>${escapeHtml(page.label)}</a>`;
}

/** The sections of a page, two levels deep. Pages of the reference list their operations in the contents. */
function sectionLinks(page: Page): string {
  return page.sections
    .filter(({ id, level }) => id !== '' && level <= 3)
    .map(
      ({ id, title, level }) =>
        `<li${level === 3 ? ' class="sub"' : ''}><a href="${hrefOf(page.path, id)}">${escapeHtml(title)}</a></li>`,
    )
    .join('');
}

function contents(pages: readonly Page[], current: Page | undefined): string {
  const groups = [...new Set(pages.map(({ group }) => group))];
  return groups
    .map((group) => {
      const items = pages
        .filter((page) => page.group === group)
        .map((page) => {
          const operations =
            page === current && page.wide ? `<ul class="operations">${sectionLinks(page)}</ul>` : '';
          return `<li>${link(page, current)}${operations}</li>`;
        });
      return `<h2>${escapeHtml(group)}</h2><ul>${items.join('')}</ul>`;
    })
    .join('');
}

function neighbors(pages: readonly Page[], page: Page): string {
  const position = pages.indexOf(page);
  const [before, after] = [pages[position - 1], pages[position + 1]];
  const one = (each: Page | undefined, word: string): string =>
    each
      ? `<a class="${word.toLowerCase()}" href="${hrefOf(each.path)}"><span>${word}</span> ${escapeHtml(each.label)}</a>`
      : '';
  return `<nav class="neighbors" aria-label="Next pages">${one(before, 'Previous')}${one(after, 'Next')}</nav>`;
}

const BRAND =
  '<svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#1f7a4d"/><path d="M16 5c1.200 2.600 3 4.300 5.600 5.200-.3 2 .2 3.700 1.600 5.300 1.200 1.300 2.400 2 3.800 2.300-1.300 1.500-2.900 2.300-4.900 2.400-2.100 2.700-4.100 4.100-6.100 4.800-2-.7-4-2.100-6.100-4.800-2-.1-3.600-.9-4.900-2.400 1.400-.3 2.600-1 3.800-2.300 1.400-1.600 1.900-3.300 1.600-5.300C13 9.300 14.800 7.600 16 5z" fill="#fff"/><path d="M16 11v17" stroke="#1f7a4d" stroke-width="1.600" stroke-linecap="round"/></svg>';

interface Document {
  readonly title: string;
  readonly description: string;
  readonly body: string;
  readonly assets: Assets;
  /** The script needs to know where the anchors of the single page of earlier versions are. Only the first page needs it. */
  readonly moved?: Readonly<Record<string, string>>;
}

/** The API replaces the `base` by the path from the requested page to `/docs/`. */
function documentHtml({ title, description, body, assets, moved }: Document): string {
  return `<!doctype html>
<html lang="en" data-search="${assets.search}"${moved ? ` data-moved="${escapeHtml(JSON.stringify(moved))}"` : ''}>
<head>
<meta charset="utf-8">
<base href="./" />
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="description" content="${escapeHtml(description)}">
<title>${escapeHtml(title)}</title>
<link rel="icon" type="image/svg+xml" href="${assets.icon}">
<link rel="stylesheet" href="${assets.style}">
<script src="${assets.start}"></script>
<script src="${assets.main}" defer></script>
</head>
<body>
${body}
</body>
</html>
`;
}

function topBar(hasContents: boolean): string {
  const menu = hasContents ? '<button type="button" class="menu" popovertarget="contents">Menu</button>' : '';
  return `<header class="top">${menu}
<a class="brand" href="../docs">${BRAND}<span>IvyMail Events</span> <small>Docs</small></a>
<button type="button" class="search" data-search-open hidden><span>Search</span><kbd>/</kbd></button>
<nav aria-label="Other pages"><a href="api">API reference</a><a href="../dashboard" data-dashboard>Dashboard</a></nav>
</header>`;
}

/** A page of the site as a complete HTML document. */
export function pageHtml(
  page: Page,
  pages: readonly Page[],
  assets: Assets,
  moved: Readonly<Record<string, string>>,
): string {
  const list = page.wide ? '' : sectionLinks(page);
  const onThisPage =
    list === ''
      ? ''
      : `<aside class="on-page"><nav aria-label="On this page"><h2>On this page</h2><ul>${list}</ul></nav></aside>`;
  const body = `<a class="skip" href="${hrefOf(page.path, 'content')}">Skip to content</a>
${topBar(true)}
<div class="shell${page.wide ? ' wide-page' : ''}">
<nav id="contents" class="contents" aria-label="Contents" popover>
<div class="inside">
<button type="button" class="close-menu" popovertarget="contents" popovertargetaction="hide">Close</button>
${contents(pages, page)}
<h2>More</h2><ul><li><a href="../dashboard">Open the dashboard</a></li><li><a href="../llms.txt">llms.txt</a></li><li><a href="../v1/openapi.json">openapi.json</a></li></ul></div>
</nav>
<main id="content" tabindex="-1">
<p class="crumb">${escapeHtml(page.group)}</p>
<article>
${page.html}
</article>
${neighbors(pages, page)}
</main>
${onThisPage}
</div>`;
  return documentHtml({
    title: `${page.title} · IvyMail Events docs`,
    description: page.description,
    body,
    assets,
    ...(page.path === '' && { moved }),
  });
}

/** The page for an address that does not exist. It is neutral: a wrong address is no failure. */
export function notFoundHtml(assets: Assets): string {
  return documentHtml({
    title: 'Page not found · IvyMail Events',
    description: 'There is no page at this address.',
    assets,
    body: `${topBar(false)}
<main id="content" class="not-found">
<p class="crumb">404</p>
<h1>There is no page at this address</h1>
<p>The link may be incomplete, or the page has moved.</p>
<p class="ways"><a class="button" href="../dashboard">Open the dashboard</a> <a class="button plain" href="../docs">Read the documentation</a></p>
</main>`,
  });
}
