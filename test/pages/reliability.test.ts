import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../pages/reliability/faults.ts';

const page = readFileSync('docs/generated/reliability.md', 'utf8');
const rows = page.split('\n').filter((line) => /^\| +\d+ \|/.test(line));

describe('docs/generated/reliability.md', () => {
  it('lists the forty faults of the tests: run npm run soak', () => {
    const cells = rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| */, '').trim()));
    expect(cells.map(([number, fault, expected]) => [Number(number), fault, expected])).toEqual(
      FAULTS.map(({ number, fault, expected }) => [number, fault, expected]),
    );
  });

  it('contains the note of every fault that has one', () => {
    expect(FAULTS.filter(({ note }) => note !== undefined && !page.includes(note))).toEqual([]);
  });

  it('is from a run that included every part, without a failure', () => {
    expect(page).not.toContain('not part of this run');
    expect(page).not.toContain('some of it failed');
  });
});

describe('the figures of that run', () => {
  const figures = page
    .split('\n')
    .map((line) => line.split('|').at(-2)?.trim() ?? '')
    .filter((figure) => /^\d{1,3}(?:,\d{3})+$/.test(figure));

  it('are in no other page that people write, so that none of them is out of date', () => {
    expect(figures.length).toBeGreaterThan(4);
    // A round figure, such as 10,000, is also the number of something else.
    const exact = figures.filter((figure) => !figure.endsWith('000'));
    for (const file of ['README.md', 'CHANGELOG.md', 'docs/guarantees.md', 'docs/architecture.md']) {
      const text = readFileSync(file, 'utf8');
      expect(exact.filter((figure) => new RegExp(`(?<![\\d,])${figure}(?![\\d,])`).test(text))).toEqual([]);
    }
  });
});

describe('a fault of the table', () => {
  it('has a reason if it is not tested on the deployed stack, unless it is a pure rule', () => {
    const unexplained = FAULTS.filter(
      ({ environment, reason }) => environment !== 'stack' && reason === undefined,
    );
    // These three are pure rules. A deployed stack would not make their tests stronger.
    expect(unexplained.map(({ number }) => number)).toEqual([5, 24, 34]);
  });
});
