import { describe, expect, it } from 'vitest';
import { DOMAINS_BY_PROVIDER, NAMES_WITH_REGIONS, REGIONS } from '../../lambdas/core/provider-domains.ts';
import { PROVIDERS, providerOf } from '../../lambdas/core/providers.ts';

describe('providerOf', () => {
  it.each([
    ['ann@gmail.com', 'gmail'],
    ['ann@googlemail.com', 'gmail'],
    ['Ann <Ann@GMAIL.com.>', 'gmail'],
    ['"a@b"@gmail.com', 'gmail'],
    ['ann@outlook.com', 'microsoft'],
    ['ann@hotmail.co.uk', 'microsoft'],
    ['ann@live.nl', 'microsoft'],
    ['ann@yahoo.com.br', 'yahoo'],
    ['ann@aol.com', 'yahoo'],
    ['ann@ymail.com', 'yahoo'],
    ['ann@att.net', 'yahoo'],
    ['ann@yahoo.co.jp', 'yahoo_japan'],
    ['ann@icloud.com', 'apple'],
    ['x@privaterelay.appleid.com', 'apple'],
    ['ann@web.de', 'united_internet'],
    ['ann@orange.fr', 'orange'],
    ['ann@qq.com', 'qq'],
    ['ann@proton.me', 'proton'],
  ])('%s is a mailbox of %s', (address, provider) => {
    expect(providerOf(address)).toBe(provider);
  });

  it.each([
    // A name with regions is a provider only under a listed top-level domain.
    'ann@live.example.com',
    'ann@outlook.customer.example',
    'ann@gmail.com.example.com',
    'ann@mail.gmail.com',
    // Domains of the staff.
    'ann@google.com',
    // Cyrillic letters that look like `gmail.com`.
    'ann@gmаil.com',
    'ann@gmail.com@example.com',
    'ann@constructor',
    'ann@__proto__',
    'ann@',
    'ann',
    '',
    `ann@${'x'.repeat(100_000)}.com`,
    undefined,
  ])('%s is at no known provider', (address) => {
    expect(providerOf(address)).toBe('other');
  });

  it('names each domain once, so that the order of the table does not matter', () => {
    const domains = [
      ...Object.values(NAMES_WITH_REGIONS).flatMap((names) =>
        names.flatMap((name) => REGIONS.map((region) => `${name}.${region}`)),
      ),
      ...Object.values(DOMAINS_BY_PROVIDER).flatMap(({ domains: text }) => text.split(/\s+/)),
    ];
    expect(domains.filter((domain, index) => domains.indexOf(domain) !== index)).toEqual([]);
    for (const domain of domains) {
      expect(domain).toMatch(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/);
      expect(providerOf(`ann@${domain}`)).not.toBe('other');
    }
  });

  it('has a display name for each provider', () => {
    for (const name of Object.values(PROVIDERS)) expect(name).toMatch(/^\S.*\S$/);
    expect(PROVIDERS.other).toBe('Other');
  });
});
