import type { SearchEntry } from '../search-index.ts';

export interface Found {
  readonly entry: SearchEntry;
  readonly score: number;
}

/** The words of a query, in lower case. */
export function wordsOf(query: string): readonly string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

function scoreOfWord(word: string, heading: string, path: string, text: string): number {
  if (heading === word) return 60;
  if (heading.startsWith(word)) return 40;
  if (new RegExp(`(?:^|[^a-z0-9])${word.replaceAll(/[^a-z0-9]/g, String.raw`\$&`)}`).test(heading)) return 30;
  if (heading.includes(word)) return 20;
  if (path.includes(word)) return 8;
  // A text that contains the word often is about it.
  return Math.min(6, text.split(word).length - 1);
}

/** The entries that contain every word of the query, the best first. A word in a heading counts more than one in the text. */
export function searchEntries(
  entries: readonly SearchEntry[],
  query: string,
  limit = 12,
): readonly SearchEntry[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  const found = entries.flatMap((entry): readonly Found[] => {
    const [heading, path, text] = [entry.h.toLowerCase(), entry.p.toLowerCase(), entry.t.toLowerCase()];
    const scores = words.map((word) => scoreOfWord(word, heading, path, text));
    const phrase = words.length > 1 && heading.includes(words.join(' ')) ? 50 : 0;
    return scores.includes(0) ? [] : [{ entry, score: phrase + scores.reduce((sum, each) => sum + each, 0) }];
  });
  return found
    .toSorted((left, right) => right.score - left.score)
    .slice(0, limit)
    .map(({ entry }) => entry);
}

/** The part of a text around the first word that it contains. */
export function snippetOf(text: string, words: readonly string[], length = 120): string {
  const lower = text.toLowerCase();
  const positions = words.map((word) => lower.indexOf(word)).filter((position) => position >= 0);
  const first = positions.length === 0 ? 0 : Math.min(...positions);
  const start = first < 40 ? 0 : text.lastIndexOf(' ', first - 30) + 1;
  const end = start + length;
  return `${start > 0 ? '… ' : ''}${text.slice(start, end).trim()}${end < text.length ? ' …' : ''}`;
}
