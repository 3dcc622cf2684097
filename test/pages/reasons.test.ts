import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { labeledLines, measure } from '../../pages/reasons/labeled-lines.ts';
import { reasonsPage } from '../../pages/reasons/page.ts';

/** Without the padding that aligns columns. */
const withoutPadding = (markdown: string): string =>
  markdown.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---').replaceAll('---:', '--:');

it('docs/generated/reasons.md is current: run npm run docs', () => {
  const page = readFileSync('docs/generated/reasons.md', 'utf8');
  expect(withoutPadding(page)).toBe(withoutPadding(reasonsPage()));
});

describe('the held-out responses', () => {
  const measured = measure('held-out');

  it('are at least 200 lines of at least 12 sources', () => {
    expect(measured.lines).toBeGreaterThanOrEqual(200);
    expect(measured.sources).toBeGreaterThanOrEqual(12);
  });

  it('are classified as their label for at least 90 of 100 lines', () => {
    expect(measured.right / measured.lines).toBeGreaterThanOrEqual(0.9);
  });

  it('are called a wrong address in at most 2 of 100 lines whose address is right', () => {
    expect(measured.falselyWrongAddress / measured.lines).toBeLessThanOrEqual(0.02);
  });

  it('contain no line of the development set', () => {
    const development = new Set(labeledLines('development').map(({ diagnostic }) => diagnostic));
    expect(labeledLines('held-out').filter(({ diagnostic }) => development.has(diagnostic))).toEqual([]);
  });
});

describe('the development set', () => {
  it('is classified as its label for at least 97 of 100 lines', () => {
    const measured = measure('development');
    expect(measured.right / measured.lines).toBeGreaterThanOrEqual(0.97);
  });

  it('contains each response once', () => {
    const lines = labeledLines('development').map(({ diagnostic }) => diagnostic);
    expect(new Set(lines).size).toBe(lines.length);
  });
});
