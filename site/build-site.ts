import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type BuildOptions } from 'esbuild';
import { guidePages, movedAnchors, resolverFor } from './guides.ts';
import { notFoundHtml, pageHtml, type Assets } from './layout.ts';
import type { OpenApi } from './openapi.ts';
import type { Page } from './page.ts';
import { referencePages } from './reference.ts';
import { searchIndex } from './search-index.ts';

const ROOT = new URL('..', import.meta.url);

/** The esbuild options of the script and the style of the site. */
const SITE_BUILD_OPTIONS = {
  absWorkingDir: fileURLToPath(ROOT),
  entryPoints: {
    start: 'site/browser/start.ts',
    main: 'site/browser/main.ts',
    style: 'site/style.css',
    icon: 'dashboard/icon.svg',
  },
  outdir: 'out',
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: ['chrome123', 'firefox125', 'safari17.5'],
  loader: { '.svg': 'copy' },
  write: false,
  logLevel: 'warning',
} as const satisfies BuildOptions;

export interface SiteFile {
  /** Relative to `/docs/`. Pages end with `.html`; their addresses do not. */
  readonly path: string;
  readonly contents: Uint8Array;
}

function readSource(file: string): string {
  return readFileSync(new URL(`docs/${file}`, ROOT), 'utf8');
}

/** Every page of the site, in the order of the contents. */
export function sitePages(): readonly Page[] {
  const document = JSON.parse(readSource('site/openapi.json')) as OpenApi;
  return [
    ...guidePages(readSource),
    ...referencePages(document, readSource('api.md'), resolverFor(readSource, 'api.md')),
  ];
}

/** Eight characters that depend on the content, in the alphabet of the names that esbuild writes. */
function hashOf(content: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bytes = createHash('sha256').update(content).digest().subarray(0, 8);
  return [...bytes].map((byte) => letters.charAt(byte % letters.length)).join('');
}

/** The name of the asset that was built from an entry point. */
function assetNamed(files: readonly SiteFile[], name: string): string {
  const found = files.find(({ path }) => path.startsWith(`assets/${name}-`));
  if (!found) throw new Error(`The build of the documentation has no file ${name}`);
  return found.path;
}

/**
 * Builds the documentation site from the files of docs/, from the OpenAPI document, and from site/. The result depends on nothing
 * else, so two builds are equal. The name of an asset contains the hash of its content, so browsers can keep it.
 */
export function buildSite(): readonly SiteFile[] {
  const pages = sitePages();
  const index = JSON.stringify(searchIndex(pages));
  const { outputFiles } = buildSync(SITE_BUILD_OPTIONS);
  const built = outputFiles.map(({ path, contents }): SiteFile => ({
    path: `assets/${basename(path)}`,
    contents,
  }));
  const files = [...built, { path: `assets/search-${hashOf(index)}.json`, contents: Buffer.from(index) }];
  const assets: Assets = {
    style: assetNamed(files, 'style'),
    start: assetNamed(files, 'start'),
    main: assetNamed(files, 'main'),
    icon: assetNamed(files, 'icon'),
    search: assetNamed(files, 'search'),
  };
  const moved = movedAnchors(readSource);
  return [
    ...pages.map((page): SiteFile => ({
      path: `${page.path === '' ? 'index' : page.path}.html`,
      contents: Buffer.from(pageHtml(page, pages, assets, moved)),
    })),
    { path: 'not-found.html', contents: Buffer.from(notFoundHtml(assets)) },
    ...files,
  ];
}
