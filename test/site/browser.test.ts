import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apiAddress, KEY_NAME, maskKey } from '../../site/browser/credentials.ts';
import { searchEntries, snippetOf } from '../../site/browser/match.ts';
import { preferredLanguage } from '../../site/browser/tabs.ts';

describe('the examples', () => {
  it('use the key that the dashboard stores', () => {
    expect(readFileSync('dashboard/state/session.ts', 'utf8')).toContain(`KEY_NAME = '${KEY_NAME}'`);
  });

  it('show only the beginning of the key', () => {
    expect(maskKey('ivy_live_abcdefghijklmnop')).toBe('ivy_live_••••••••');
  });

  it.each([
    ['https://api.example.com/docs/', 'https://api.example.com'],
    [
      'https://id.execute-api.us-east-1.amazonaws.com/prod/docs/',
      'https://id.execute-api.us-east-1.amazonaws.com/prod',
    ],
  ])('use the address of the page: %s', (base, address) => {
    expect(apiAddress(base)).toBe(address);
  });
});

describe('a block of code', () => {
  it('shows the last choice that it has, and its first language without a choice', () => {
    expect(preferredLanguage(['curl', 'node'], ['go', 'node', 'curl'])).toBe('node');
    expect(preferredLanguage(['curl', 'node'], ['go'])).toBe('curl');
  });
});

const ENTRIES = [
  { u: 'a', h: 'Logs', p: 'Email', t: 'The log lists events. Retries are elsewhere.' },
  { u: 'b', h: 'Retries', p: 'Webhooks', t: 'Any 2xx is a success.' },
  { u: 'c', h: 'Delivery states', p: 'Webhooks › Retries and recovery', t: 'pending, held' },
];

describe('the search', () => {
  it('prefers headings to places, and places to text', () => {
    expect(searchEntries(ENTRIES, 'retries').map(({ u }) => u)).toEqual(['b', 'c', 'a']);
  });

  it('requires every word, in any case and order', () => {
    expect(searchEntries(ENTRIES, 'HELD delivery').map(({ u }) => u)).toEqual(['c']);
    expect(searchEntries(ENTRIES, 'held nothing')).toEqual([]);
  });

  it.each(['(', '$1', '.*', '\\'])('treats %s as text', (query) => {
    expect(searchEntries(ENTRIES, query)).toEqual([]);
  });

  it('shows the text around the word', () => {
    const text = `${'x '.repeat(100)}needle ${'y '.repeat(100)}`;
    expect(snippetOf(text, ['needle'])).toMatch(/^… x .*needle y .* …$/);
  });
});
