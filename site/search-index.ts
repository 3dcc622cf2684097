import { hrefOf, type Page } from './page.ts';

/** One entry of the search: a heading, and the text below it. Short names, because the index has hundreds of entries. */
export interface SearchEntry {
  /** The address, relative to `/docs/`. */
  readonly u: string;
  /** The heading. */
  readonly h: string;
  /** Where it is: the group and the page. */
  readonly p: string;
  /** The text. */
  readonly t: string;
}

/** A longer text is cut off: the search finds a section by its first words, and the index stays small. */
const MAX_TEXT = 1_500;

/** The search index: every heading of every page, with the text below it. It contains no key and no data of a workspace. */
export function searchIndex(pages: readonly Page[]): readonly SearchEntry[] {
  return pages.flatMap((page) =>
    page.sections
      .filter(({ id, text }) => id !== '' || text !== '' || page.sections.length === 1)
      .map(({ id, title, text }) => ({
        u: hrefOf(page.path, id),
        h: id === '' ? page.title : title,
        p: id === '' ? page.group : `${page.group} › ${page.label}`,
        t: text.slice(0, MAX_TEXT),
      })),
  );
}
