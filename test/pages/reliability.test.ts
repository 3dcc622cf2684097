import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../pages/reliability/faults.ts';

const page = readFileSync('docs/generated/reliability.md', 'utf8');
const rows = page.split('\n').filter((line) => /^\| +\d+ \|/.test(line));

describe('docs/generated/reliability.md', () => {
  it('has the forty faults as the tests have them: run npm run soak', () => {
    const cells = rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| */, '').trim()));
    expect(cells.map(([number, fault, expected]) => [Number(number), fault, expected])).toEqual(
      FAULTS.map(({ number, fault, expected }) => [number, fault, expected]),
    );
  });

  it('says where a row differs from what was listed', () => {
    expect(FAULTS.filter(({ note }) => note !== undefined && !page.includes(note))).toEqual([]);
  });

  it('is of a run in which every part was run, and nothing failed', () => {
    expect(page).not.toContain('not part of this run');
    expect(page).not.toContain('some of it failed');
  });
});

describe('the README', () => {
  it('promises in the figures of that run', () => {
    const readme = readFileSync('README.md', 'utf8');
    const promise = readme.slice(readme.indexOf('## What it promises')).split('\n## ')[0] ?? '';
    const named = promise.match(/\d{1,3}(?:,\d{3})+/g) ?? [];
    const figures = page.split('\n').map((line) => line.split('|').at(-2)?.trim());
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((figure) => !figures.includes(figure))).toEqual([]);
  });
});

describe('a row of the fault table', () => {
  it('says why, where it is not run on the deployed stack and has a receiver, a name or AWS in it', () => {
    const unexplained = FAULTS.filter(({ place, because }) => place !== 'stack' && because === undefined);
    // Pure rules: a stack would add nothing to them.
    expect(unexplained.map(({ number }) => number)).toEqual([5, 24, 34]);
  });
});
