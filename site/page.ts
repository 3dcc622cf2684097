/** A heading of a page, with the text below it up to the next heading. */
export interface Section {
  /** Empty for the text below the title of the page. */
  readonly id: string;
  readonly title: string;
  readonly level: number;
  /** Plain text, for the search. */
  readonly text: string;
}

/** A page of the site, before the layout is added. */
export interface Page {
  /** Path below `/docs/`. Empty for the first page. */
  readonly path: string;
  readonly group: string;
  /** The text in the contents. */
  readonly label: string;
  readonly title: string;
  /** The first sentence, for search engines and for links. */
  readonly description: string;
  /** The content, as HTML. */
  readonly html: string;
  readonly sections: readonly Section[];
  /** The page uses the full width: it has code beside the text, and no list of its headings. */
  readonly wide?: boolean;
}

/** The address of a page, relative to `/docs/`. The first page has no slash at its end. */
export function hrefOf(path: string, anchor = ''): string {
  return `${path === '' ? '../docs' : path}${anchor === '' ? '' : `#${anchor}`}`;
}

/** The first sentence of a text. */
export function firstSentence(text: string): string {
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0] ?? text;
}
