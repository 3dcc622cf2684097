import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { SITE_FILES } from '../../lambdas/api/site.ts';
import { buildDocuments } from '../../pages/docs.ts';
import { sitePages } from '../../site/build-site.ts';
import { slug } from '../../site/escape.ts';

const PAGES = globSync([
  '*.md',
  '.github/**/*.md',
  'docs/**/*.md',
  '{admin,bench,bin,cli,dashboard,lambdas,lib,local,pages,sim,site,test}/**/*.md',
]);

/** A page without its code: a link in an example leads nowhere. */
function proseOf(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll(/^```[^]*?^```$/gm, '')
    .replaceAll(/(?<!\[)`[^`\n]*`/g, '');
}

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(file: string): ReadonlySet<string> {
  const page = readFileSync(file, 'utf8').replaceAll(/^```[^]*?^```$/gm, '');
  return new Set([...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slug(heading)));
}

/** The reason why a link of a page leads nowhere; undefined if it leads somewhere. */
function brokenBecause(file: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : normalize(join(dirname(file), path));
  if (!existsSync(target)) return `${file}: ${link} does not exist`;
  if (anchor === undefined) return undefined;
  if (!statSync(target).isFile() || !anchorsOf(target).has(anchor))
    return `${file}: ${link} has no such heading`;
  return undefined;
}

describe('a relative link', () => {
  it.each(PAGES)('leads to a file, and to a heading of it: %s', (file) => {
    const links = [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link));
    expect(links.flatMap((link) => brokenBecause(file, link) ?? [])).toEqual([]);
  });

  it('of a served document leads to a served address', () => {
    const site = buildDocuments();
    const pages = sitePages().map(({ path }) => (path === '' ? 'docs' : `docs/${path}`));
    const served = [...pages, ...Object.keys(SITE_FILES).map((path) => path.slice(1))];
    const text = [...(site['llms.txt'] ?? '').matchAll(/\]\(([^)\s]+)\)/g)];
    const description = [...(site['openapi.json'] ?? '').matchAll(/\]\(([^)\s"\\]+)\)/g)];
    const links = [...text, ...description].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(1);
    expect(links.filter((link) => !/^(?:https?:|#)/.test(link) && !served.includes(link))).toEqual([]);
  });

  it('in the index of the documentation reaches every page', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    const pages = ['docs', 'docs/generated'].flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.md') && name !== 'README.md')
        .map((name) => join(folder, name).slice('docs/'.length)),
    );
    expect(pages.filter((page) => !index.includes(`](${page}`))).toEqual([]);
  });
});

it.each(PAGES.filter((file) => file !== 'CHANGELOG.md'))(
  'a path in backticks is the path of a file: %s',
  (file) => {
    const paths = [
      ...readFileSync(file, 'utf8').matchAll(/`((?:[a-z-]+\/)+[\w.-]+\.(?:ts|tsx|mjs|md|json))`/g),
    ].map(([, path = '']) => path);
    // A receiver names the files of its own project. A fresh clone has not built dist/ yet.
    const own = new Set(['app/webhooks/ivymail/route.ts', 'dist/templates/local.json']);
    expect(paths.filter((path) => !own.has(path) && !existsSync(path))).toEqual([]);
  },
);

describe('a generated page', () => {
  it.each(readdirSync('docs/generated'))('names its command in its first paragraph: %s', (name) => {
    const [, paragraph = ''] = readFileSync(`docs/generated/${name}`, 'utf8').split('\n\n');
    const [, script = ''] = /`npm run ([a-z-]+)`/.exec(paragraph) ?? [];
    expect(Object.keys(packageJson.scripts)).toContain(script);
  });
});

describe('the decisions in docs/adr', () => {
  const files = readdirSync('docs/adr').filter((name) => name !== 'README.md');
  const index = readFileSync('docs/adr/README.md', 'utf8');

  it('are all in the index, each once and with one line', () => {
    const listed = [...index.matchAll(/^\| \[(\d{4})\]\((\S+)\) +\| (\S.*?) +\|$/gm)].map(
      ([, number, file]) => {
        expect(file?.slice(0, 4)).toBe(number);
        return file;
      },
    );
    expect(listed).toEqual(files.toSorted());
  });

  it('have their number in their title', () => {
    for (const file of files)
      expect(readFileSync(`docs/adr/${file}`, 'utf8')).toMatch(new RegExp(`^# ${file.slice(0, 4)}: \\S`));
  });

  it('have numbers without a gap from 0010 on', () => {
    const numbers = files.map((file) => Number(file.slice(0, 4))).filter((number) => number >= 10);
    expect(numbers.toSorted((left, right) => left - right)).toEqual(
      numbers.map((_, position) => 10 + position),
    );
  });
});
