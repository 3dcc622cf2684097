import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../../lambdas/core/addresses.ts';
import { matcherOf, searchTermOf, type Searchable } from '../../lambdas/core/search-text.ts';

const SES_ID = '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000';
const IVM_ID = `ivm_${'a2'.repeat(13)}`;

function email(changes: Partial<Searchable> = {}): Searchable {
  return {
    message_id: SES_ID,
    to: 'ann@example.com',
    from: 'you@yourdomain.com',
    subject: 'Hello',
    ...changes,
  };
}

function matches(q: string, changes: Partial<Searchable> = {}): boolean | undefined {
  return matcherOf({ term: searchTermOf(q) })?.(email(changes));
}

describe('a search text', () => {
  it.each([
    [SES_ID, SES_ID],
    [` ${SES_ID} `, SES_ID],
    [`<${SES_ID}@email.amazonses.com>`, SES_ID],
    [`${SES_ID}@eu-west-1.amazonses.com`, SES_ID],
    ['EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000', undefined],
    [IVM_ID, IVM_ID],
  ])('%j is a message id', (q, messageId) => {
    expect(searchTermOf(q)).toEqual({ kind: 'message', messageId: messageId ?? q });
  });

  it.each([
    ['ann@example.com', 'ann@example.com'],
    ['ann@exam', 'ann@exam'],
    [' Ann Example <Ann@Example.com> ', 'Ann@Example.com'],
    ['"odd @ local"@example.com', '"odd @ local"@example.com'],
    ['ann@[192.0.2.1]', 'ann@[192.0.2.1]'],
    ['bounce@email.amazonses.com', 'bounce@email.amazonses.com'],
    ['jürgen@bücher.example', 'jürgen@bücher.example'],
  ])('%j may be a recipient', (q, address) => {
    expect(searchTermOf(q)).toEqual({ kind: 'recipient', address });
  });

  it.each([
    'ann',
    'ann@',
    '@example.com',
    '@',
    'meet me @ noon',
    'ann smith@example.com',
    SES_ID.slice(0, -1),
    `x${IVM_ID}`,
    `${'a'.repeat(320)}@example.com`,
  ])('%j is other text', (q) => {
    expect(searchTermOf(q)).toEqual({ kind: 'text', text: q });
  });
});

describe('a search', () => {
  it.each([
    ['ann', { to: 'Ann.Lee@example.com' }],
    ['ANN@EX', {}],
    ['ann+x@example.com', { to: 'ANN+X@example.com' }],
    ['@example', {}],
    ['@EXAMPLE.com', {}],
    ['@', {}],
    ['@bücher', { to: 'info@xn--bcher-kva.example' }],
    ['@bu\u0308cher.example', { to: 'info@xn--bcher-kva.example' }],
    ['@xn--bcher-kva', { to: 'info@bücher.example' }],
    ['info@bücher.example', { to: 'INFO@xn--bcher-kva.example' }],
    ['"odd @', { to: '"odd @ local"@example.com' }],
    ['@example', { to: '"odd @ local"@example.com' }],
    ['ELL', {}],
    ['order  42', { subject: 'Your order\t42 is ready' }],
    ['STRASSE', { subject: 'Musterstraße 1' }],
    ['grüße', { subject: 'GRU\u0308SSE' }],
    ['σοφος', { subject: 'Ο ΣΟΦΟΣ' }],
    ['ışık', { subject: 'IŞIK' }],
    ['😀', { subject: 'Hi 😀' }],
    ['a.c', { subject: 'a.c' }],
    ['ann@example.com', { to: 'bob@example.com', subject: 'Copy for ann@example.com' }],
    [SES_ID, { to: '', subject: '' }],
  ])('for %j finds %j', (q, changes) => {
    expect(matches(q, changes)).toBe(true);
  });

  it.each([
    ['nn', {}],
    ['example.com', {}],
    ['@xample', {}],
    ['@example.com', { to: 'ann@mail.example.com' }],
    ['@example', { to: 'ann@other.example', subject: 'Write to @example' }],
    ['odd', { to: '"odd @ local"@example.com' }],
    ['local"@', { to: '"odd @ local"@example.com' }],
    ['a.c', { subject: 'abc' }],
    ['ann@example.com', { to: 'ann@example.co' }],
    ['hello', { to: 'x', subject: '' }],
    [SES_ID, { message_id: IVM_ID, subject: SES_ID }],
  ])('for %j does not find %j', (q, changes) => {
    expect(matches(q, changes)).toBe(false);
  });

  it('finds an address by each of its beginnings, in any letter case', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.nat(), fc.boolean(), (to, length, upper) => {
        const beginning = to.slice(0, 1 + (length % to.length));
        expect(matches(upper ? beginning.toUpperCase() : beginning, { to, subject: '' })).toBe(true);
      }),
    );
  });

  it('finds a subject by each of its parts, and is never an error', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, (before, part, after) => {
        fc.pre(part.trim() !== '' && searchTermOf(part).kind === 'text' && !part.trim().startsWith('@'));
        // A space keeps the characters of the parts from joining to one.
        expect(matches(part, { subject: `${before} ${part} ${after}` })).toBe(true);
      }),
    );
  });
});

describe('a sender and a tag', () => {
  const tags = [
    ['campaign', 'spring'],
    ['url', 'https://example.com'],
    ['__proto__', 'x'],
  ] as const;

  it.each([
    [{ from: 'YOU@yourdomain.com' }, true],
    [{ from: 'You <you@yourdomain.com>' }, true],
    [{ from: 'you@yourdomain.co' }, false],
    [{ tag: 'campaign' }, true],
    [{ tag: 'campaign:spring' }, true],
    [{ tag: 'url:https://example.com' }, true],
    [{ tag: '__proto__' }, true],
    [{ tag: 'constructor' }, false],
    [{ tag: 'Campaign' }, false],
    [{ tag: 'campaign:' }, false],
    [{ tag: 'campaign:spr' }, false],
    [{ tag: 'campaign', from: 'you@yourdomain.com' }, true],
    [{ tag: 'other', from: 'you@yourdomain.com' }, false],
  ])('%j matches: %j', (criteria, expected) => {
    expect(matcherOf(criteria)?.(email({ tags }))).toBe(expected);
  });

  it('match an email without tags only if no tag is searched', () => {
    expect(matcherOf({ tag: 'campaign' })?.(email())).toBe(false);
    expect(matcherOf({})).toBeUndefined();
  });

  it('compare a sender in its canonical form', () => {
    const from = 'info@bücher.example';
    expect(matcherOf({ from })?.(email({ from: canonicalAddress(from) }))).toBe(true);
  });
});
