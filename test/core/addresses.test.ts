import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bareAddress, canonicalAddress, domainStart, mailboxHeader } from '../../lambdas/core/addresses.ts';

/** Decodes encoded words as an email client does (RFC 2047). The space between two encoded words does not count. */
function decodeWords(words: string): string {
  const bytes = words
    .split(' ')
    .map((word) => Buffer.from(/^=\?UTF-8\?B\?(.*)\?=$/.exec(word)?.[1] ?? '', 'base64'));
  return Buffer.concat(bytes).toString('utf8');
}

describe('canonicalAddress', () => {
  it('is in lower case and includes the plus tag', () => {
    expect(canonicalAddress(' Ann+X@Example.COM ')).toBe('ann+x@example.com');
  });
});

describe('bareAddress', () => {
  it('removes the name before an address in angle brackets', () => {
    expect(bareAddress('Ann <ann@example.com> ')).toBe('ann@example.com');
    expect(bareAddress(' ann@example.com')).toBe('ann@example.com');
    expect(bareAddress('<ann@example.com> (Ann)')).toBe('<ann@example.com> (Ann)');
  });
});

describe('mailboxHeader', () => {
  it.each([
    ['ann@example.com', 'ann@example.com'],
    [' ann@example.com\u2028', 'ann@example.com'],
    ['<ann@example.com>', 'ann@example.com'],
    ['Ann <ann@example.com>', '"Ann" <ann@example.com>'],
    ['sup@example.com, Bob <ann@example.com>', '"sup@example.com, Bob" <ann@example.com>'],
    ['"Ann, Dr." <ann@example.com>', '"Ann, Dr." <ann@example.com>'],
    [String.raw`"Ann \"A\" \\" <ann@example.com>`, String.raw`"Ann \"A\" \\" <ann@example.com>`],
    [String.raw`Ann "A" \ <ann@example.com>`, String.raw`"Ann \"A\" \\" <ann@example.com>`],
    [String.raw`"Ann\" <ann@example.com>`, String.raw`"\"Ann\\\"" <ann@example.com>`],
    ['Dr. "Ann" <ann@example.com>', String.raw`"Dr. \"Ann\"" <ann@example.com>`],
    ['"Ann" Lee <ann@example.com>', String.raw`"\"Ann\" Lee" <ann@example.com>`],
    ['Ann <ann@example.com> ', '"Ann" <ann@example.com>'],
    ['Ann <ann@example.com> (away)', 'Ann <ann@example.com> (away)'],
    ['Jürgen <j@example.com>', '=?UTF-8?B?SsO8cmdlbg==?= <j@example.com>'],
  ])('formats %s as %s', (mailbox, header) => {
    expect(mailboxHeader(mailbox)).toBe(header);
  });

  it('fills an encoded word with 45 bytes, which are 72 characters, before it begins the next', () => {
    const name = `é${'a'.repeat(43)}`;
    expect(mailboxHeader(`${name} <a@b>`)).toHaveLength(72 + ' <a@b>'.length);
    expect(mailboxHeader(`${name}a <a@b>`)).toHaveLength(72 + ' =?UTF-8?B?YQ==?='.length + ' <a@b>'.length);
  });

  it('encodes every name as ASCII words of at most 75 characters, which decode to the name', () => {
    const names = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((name) => `é${name.replaceAll(/[<>"\\]/g, '')}`.trim());
    fc.assert(
      fc.property(names, (name) => {
        const header = mailboxHeader(`${name} <ann@example.com>`);
        const words = header.replace(/ <ann@example\.com>$/, '');
        expect(header).toMatch(/^[\u0020-\u007e]+$/);
        for (const word of words.split(' ')) expect(word.length).toBeLessThanOrEqual(75);
        expect(decodeWords(words)).toBe(name.toWellFormed());
      }),
    );
  });
});

it('domainStart does not treat a backslash outside quotes as an escape', () => {
  const address = String.raw`a\"b@c"@example.com`;
  expect(address.slice(domainStart(address))).toBe('example.com');
});
