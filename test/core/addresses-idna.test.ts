import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADDRESS_MAX_LENGTH,
  addressForms,
  canonicalAddress,
  domainStart,
  hasBareSpace,
  withAsciiDomain,
} from '../../lambdas/core/addresses.ts';
import { emailEventId } from '../../lambdas/core/event-ids.ts';

describe('canonicalAddress', () => {
  it.each([
    ['an ASCII address', 'Ann+X@Example.COM', 'ann+x@example.com'],
    ['a Unicode domain', 'user@例え.テスト', 'user@xn--r8jz45g.xn--zckzah'],
    ['a Unicode domain in upper case', 'ann@BÜCHER.example', 'ann@xn--bcher-kva.example'],
    ['a decomposed domain', 'ann@bu\u0308cher.example', 'ann@xn--bcher-kva.example'],
    ['punycode in upper case', 'ann@XN--BCHER-KVA.example', 'ann@xn--bcher-kva.example'],
    ['a domain with ß, which IDNA 2008 keeps', 'ann@straße.example', 'ann@xn--strae-oqa.example'],
    ['an ideographic full stop', 'ann@bücher。example', 'ann@xn--bcher-kva.example'],
    ['a domain of an emoji', 'ann@😀.example', 'ann@xn--e28h.example'],
    ['a Unicode local part', 'José@bücher.example', 'josé@xn--bcher-kva.example'],
    ['an @ in quotes', '"a@é"@bücher.example', '"a@é"@xn--bcher-kva.example'],
    ['an escaped quote', String.raw`"a\"@é"@bücher.example`, String.raw`"a\"@é"@xn--bcher-kva.example`],
    ['a comment after the domain', 'ann@bücher.example (A@É)', 'ann@xn--bcher-kva.example (a@é)'],
    ['a comment in a comment', 'ann@bücher.example (a (b@c) d)', 'ann@xn--bcher-kva.example (a (b@c) d)'],
    ['a comment before the domain', 'ann(x@é)@bücher.example', 'ann(x@é)@xn--bcher-kva.example'],
    ['an unclosed quote', '"ann@bücher.example', '"ann@xn--bcher-kva.example'],
    ['an unclosed comment', '(ann@bücher.example', '(ann@xn--bcher-kva.example'],
    ['an address literal', 'user@[192.168.1.1]', 'user@[192.168.1.1]'],
    ['an IPv6 address literal', 'User@[IPv6:2001:DB8::1]', 'user@[ipv6:2001:db8::1]'],
    ['a domain that IDNA does not allow', 'ann@xn--É.example', 'ann@xn--é.example'],
    ['a domain with a percent-escape', 'ann@ex%61mple.É', 'ann@ex%61mple.é'],
    ['an ASCII domain that the URL parser reads as IPv4', 'ann@0x7f.1', 'ann@0x7f.1'],
    ['a Unicode domain in brackets', 'user@[É.example]', 'user@[é.example]'],
    ['a domain that punycode would convert to one with a bracket', 'ann@（b.É', 'ann@（b.é'],
    ['a domain that ends with a full-width bracket', 'ann@É.b（', 'ann@é.b（'],
    ['a Unicode domain without an @', 'BÜCHER.example', 'bücher.example'],
    ['no @', 'undisclosed-recipients:;', 'undisclosed-recipients:;'],
    ['no domain', 'É@', 'é@'],
  ])('returns the canonical form of %s', (_label, address, canonical) => {
    expect(canonicalAddress(address)).toBe(canonical);
  });

  it('keeps a Unicode domain if punycode would make the address too long', () => {
    const domain = `${'é.'.repeat(60)}example`;
    expect(canonicalAddress(`ann@${domain}`).length).toBeLessThanOrEqual(ADDRESS_MAX_LENGTH);
    expect(withAsciiDomain(`${'a'.repeat(150)}@${domain}`)).toBe(`${'a'.repeat(150)}@${domain}`);
  });

  it('converts an address of exactly 320 characters, but not a longer address', () => {
    // Conversion replaces a full-width letter by an ASCII letter and removes a soft hyphen.
    const local = 'a'.repeat(ADDRESS_MAX_LENGTH - '@ｘ.example'.length);
    expect(withAsciiDomain(`${local}@ｘ.example`)).toBe(`${local}@x.example`);
    expect(withAsciiDomain(`${local}@\u00adｘ.example`)).toBe(`${local}@\u00adｘ.example`);
  });

  const anyAddress = fc.oneof(
    fc.string({ unit: 'binary', maxLength: ADDRESS_MAX_LENGTH }),
    fc
      .tuple(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 }))
      .map((parts) => parts.join('@')),
  );

  it('returns a canonical form unchanged, and every form fits into a sort key of DynamoDB', () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        fc.pre(address.length <= ADDRESS_MAX_LENGTH);
        const canonical = canonicalAddress(address);
        expect(canonicalAddress(canonical)).toBe(canonical);
        for (const form of addressForms(address)) expect(Buffer.byteLength(form)).toBeLessThanOrEqual(1024);
      }),
    );
  });

  it('returns an ASCII address in lower case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (address) => {
        expect(canonicalAddress(address)).toBe(address.trim().toLowerCase());
      }),
    );
  });

  it('does not affect event ids, because a stored event keeps its id', () => {
    const idOf = (to: string): string => emailEventId({ messageId: 'm', event: 'bounced', to });
    expect(idOf('Ann@BÜCHER.example')).toBe(idOf('ann@bücher.example'));
    expect(idOf('ann@bücher.example')).not.toBe(idOf('ann@xn--bcher-kva.example'));
    expect(idOf('user@例え.テスト')).toBe('evt_kscgxyjcaqt7onj2kos4eywzr4');
  });
});

/** Letters of many scripts. IDNA allows each of them as a label. */
const LETTERS = Array.from('abzéüñøßçğłжשगकกアあ漢字한글ελღ');
const label = fc
  .array(fc.constantFrom(...LETTERS), { minLength: 1, maxLength: 12 })
  .map((each) => each.join(''));
const domain = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join('.')}.example`);

describe('addressForms', () => {
  it('returns one form of an ASCII address, so that it needs one read', () => {
    expect(addressForms('Ann+X@Example.COM')).toEqual(['ann+x@example.com']);
    expect(addressForms('"john doe"@example.com')).toEqual(['"john doe"@example.com']);
    expect(addressForms('undisclosed-recipients:;')).toEqual(['undisclosed-recipients:;']);
  });

  it.each([
    'user@例え.テスト',
    'USER@例え.テスト',
    'user@xn--r8jz45g.xn--zckzah',
    'user@XN--R8JZ45G.xn--zckzah',
  ])('for %s: returns the canonical form first, and the form that earlier versions stored', (address) => {
    const forms = addressForms(address);
    expect(forms[0]).toBe('user@xn--r8jz45g.xn--zckzah');
    expect(forms).toContain('user@例え.テスト');
  });

  it('includes the decomposed domain for an address in punycode', () => {
    expect(addressForms('ann@xn--bcher-kva.example')).toContain('ann@bu\u0308cher.example');
  });

  it('includes the trimmed address in lower case', () => {
    expect(addressForms(' Ann@bücher。example ')).toEqual(
      expect.arrayContaining(['ann@xn--bcher-kva.example', 'ann@bücher。example']),
    );
  });

  it('returns forms of at most 320 characters, which is the limit for stored addresses', () => {
    const name = '한'.repeat(80);
    const decomposed = `@${name.normalize('NFD')}`;
    const local = 'a'.repeat(ADDRESS_MAX_LENGTH - decomposed.length);
    expect(addressForms(canonicalAddress(`${local}@${name}`))).toContain(local + decomposed);
    const forms = addressForms(canonicalAddress(`a${local}@${name}`));
    expect(forms).toContain(`a${local}@${name}`);
    expect(forms).not.toContain(`a${local}${decomposed}`);
  });

  // The last two can be decoded: to a domain with another punycode form, and to a domain that the URL parser refuses.
  it.each([
    'ann@xn--zzzzzzzzz.example',
    'ann@xn--.example',
    'ann@xn--ab-.example',
    'ann@xn---doo.example',
    'ann@xn--bcher-kva.1',
  ])('returns one form of %s, which is not valid punycode', (address) => {
    expect(addressForms(address)).toEqual([address]);
  });

  it('includes the lower-case Unicode form that earlier versions stored, for every spelling of the domain', () => {
    fc.assert(
      fc.property(domain, (name) => {
        const stored = `ann@${name}`.toLowerCase();
        const canonical = canonicalAddress(stored);
        fc.pre(canonical !== stored);
        for (const spelling of [stored, `ANN@${name.toUpperCase()}`, canonical, canonical.toUpperCase()]) {
          // Upper case loses the difference between ß and ss, and between σ and ς, so the domain can be a different one.
          if (canonicalAddress(spelling) !== canonical) continue;
          expect(addressForms(spelling)).toContain(stored.normalize('NFC'));
        }
      }),
    );
  });
});

describe('hasBareSpace', () => {
  it.each([
    ['ann x@example.com', true],
    ['ann@exam ple.com', true],
    [' ann@example.com', true],
    ['ann ', true],
    ['"john doe" x@example.com', true],
    ['"john doe"@example.com', false],
    [String.raw`"john \" doe"@example.com`, false],
    ['"john d', false],
    ['ann@example.com (Ann Lee)', false],
    ['<ann@example.com> (Ann)', false],
    ['(Ann Lee) ann@example.com', false],
    ['ann@example.com (A (b c) d)', false],
    ['ann@example.com (Ann', false],
    ['ann+x@example.com', false],
    ['ann(x)b c@example.com', true],
    ['ann(x) bc@example.com (y)', false],
    ['ann(")x y@example.com', true],
    ['a)b(c d)@example.com', false],
    [String.raw`ann\ x@example.com`, true],
    [String.raw`ann(x\) y)@example.com`, false],
    [String.raw`"ann\\" x@example.com`, true],
  ])('returns for %j: %s', (address, isBare) => {
    expect(hasBareSpace(address)).toBe(isBare);
  });
});

it('domainStart returns the position after the last @ outside quotes and comments', () => {
  expect(domainStart('"a@b"@c')).toBe(6);
  expect(domainStart('a@b (c@d)')).toBe(2);
  expect(domainStart('a(b)@c (d@e)')).toBe(5);
  expect(domainStart('nobody')).toBe(0);
  expect(domainStart('a@b@c')).toBe(4);
});
