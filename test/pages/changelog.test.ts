/** The version, the changelog and the archives of the upgrade tests go together. CONTRIBUTING.md explains how a release is made. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RELEASED } from '../upgrade/releases.ts';

const changelog = readFileSync('CHANGELOG.md', 'utf8');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };

/** The sections, newest first: the version and its date. */
const sections = [...changelog.matchAll(/^## \[(.+?)\] - (\S+)$/gm)].map(([, name = '', date = '']) => ({
  name,
  date,
}));
const [newest, ...older] = sections;

const byVersion = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

describe('CHANGELOG.md', () => {
  it('has a version and a date in each heading', () => {
    expect(changelog.match(/^## .*/gm)).toHaveLength(sections.length);
    for (const { name } of sections) expect(name).toMatch(/^\d+\.\d+\.\d+$/);
    for (const { date } of older) expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(newest?.date).toMatch(/^(?:unreleased|\d{4}-\d{2}-\d{2})$/);
  });

  it('begins with the version of package.json', () => {
    expect(newest?.name).toBe(version);
  });

  it('lists each version once, the newest first', () => {
    const names = sections.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].toSorted((a, b) => byVersion(b, a)));
  });

  it('has a release date for exactly the versions that the upgrade test updates', () => {
    const dated = sections.filter(({ date }) => date !== 'unreleased').map(({ name }) => name);
    expect(dated.toSorted(byVersion)).toEqual(RELEASED);
  });
});
