import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkEndpointUrl } from '../../lambdas/delivery/endpoint-url.ts';

const STRICT = { allowInsecure: false };
const LOCAL = { allowInsecure: true };

const LABEL_63 = 'a'.repeat(63);
/** 253 characters, the maximum length of a DNS name. */
const NAME_253 = `${[LABEL_63, LABEL_63, LABEL_63].join('.')}.${'a'.repeat(61)}`;
const LENGTH_2048 = `https://example.com/${'a'.repeat(2028)}`;

const HTTPS = 'url_https_required: must begin with https://';
const NOT_PUBLIC = 'url_address_forbidden: must have a public address';
const IPV6 =
  'url_address_forbidden: must have an IPv4 address, because the Lambda functions cannot connect to IPv6 addresses';
const NO_URL = 'invalid_field: must be a URL that begins with https://';
const SPACES = 'invalid_field: must not contain spaces or control characters';
const USER = 'invalid_field: must not contain a user name or password';
const NO_NAME = 'invalid_field: must have a full domain name';
const LONG = 'invalid_field: must have at most 2048 characters';

function refusalOf(url: string, options: { readonly allowInsecure: boolean }): string {
  const checked = checkEndpointUrl(url, options);
  return checked.ok ? 'accepted' : `${checked.code}: ${checked.message}`;
}

describe('checkEndpointUrl', () => {
  it.each([
    ['http://example.com/', HTTPS],
    ['ftp://example.com/', HTTPS],
    ['file:///etc/passwd', HTTPS],
    ['javascript:alert(1)', HTTPS],
    ['', NO_URL],
    ['example.com/hook', NO_URL],
    ['https:example.com', NO_URL],
    ['http:example.com', NO_URL],
    ['https:https://example.com', NO_URL],
    ['https:///example.com', NO_URL],
    ['https://', NO_URL],
    ['https://example.com:99999/', NO_URL],
    ['https://user:pass@example.com/', USER],
    ['https://user@example.com/', USER],
    ['https://:pass@example.com/', USER],
    ['https://exa mple.com/', SPACES],
    ['https://example.com/\r\nHost: x', SPACES],
    ['https://example.com:0/', 'invalid_field: must have a port other than 0'],
    ['https://intranet/', NO_NAME],
    ['https://example..com/', NO_NAME],
    ['https://-example.com/', NO_NAME],
    ['https://example-.com/', NO_NAME],
    [`https://${LABEL_63}a.com/`, NO_NAME],
    [`https://${NAME_253}a/`, NO_NAME],
    [`${LENGTH_2048}a`, LONG],
    [`https://example.com/${'a/../'.repeat(500)}`, LONG],
    // Only the normalized URL is too long.
    [LENGTH_2048.replace(/a$/, 'é'), LONG],
    ['https://127.0.0.1/', NOT_PUBLIC],
    ['https://2130706433/', NOT_PUBLIC],
    ['https://0x7f.1/', NOT_PUBLIC],
    ['https://017700000001/', NOT_PUBLIC],
    ['https://localhost/', NOT_PUBLIC],
    ['https://LOCALHOST./', NOT_PUBLIC],
    ['https://app.localhost/', NOT_PUBLIC],
    ['https://169.254.169.254/latest/meta-data/', NOT_PUBLIC],
    ['https://10.0.0.1/', NOT_PUBLIC],
    ['https://[::1]/', NOT_PUBLIC],
    ['https://[::ffff:127.0.0.1]/', NOT_PUBLIC],
    ['https://[fd00:ec2::254]/', NOT_PUBLIC],
    ['https://[2606:2800:220:1::1]/', IPV6],
    ['https://[::ffff:8.8.8.8]/', IPV6],
    ['https://①②⑦.⓪.⓪.①/', NOT_PUBLIC],
  ])('refuses %s: %s', (url, refusal) => {
    expect(refusalOf(url, STRICT)).toBe(refusal);
  });

  it.each([
    ['http://10.0.0.1/', NOT_PUBLIC],
    ['http://169.254.169.254/', NOT_PUBLIC],
    ['ws://localhost/', HTTPS],
  ])('refuses %s also in the local run', (url, refusal) => {
    expect(refusalOf(url, LOCAL)).toBe(refusal);
  });

  it.each([
    ['https://example.com/hook?x=1', 'https://example.com/hook?x=1'],
    ['https://EXAMPLE.com:443/a/../b#part', 'https://example.com/b'],
    ['https://example.com:8443', 'https://example.com:8443/'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://my_hooks.example.com/', 'https://my_hooks.example.com/'],
    ['https://a.example.com/', 'https://a.example.com/'],
    ['https://localhost.example.com/', 'https://localhost.example.com/'],
    ['https://my.notlocalhost/', 'https://my.notlocalhost/'],
    [`https://${NAME_253}/`, `https://${NAME_253}/`],
    [LENGTH_2048, LENGTH_2048],
    ['https://93.184.216.34/', 'https://93.184.216.34/'],
  ])('accepts %s and stores it as %s', (text, url) => {
    expect(checkEndpointUrl(text, STRICT)).toEqual({ ok: true, url });
  });

  it.each([
    'http://127.0.0.1:8080/hooks/a',
    'http://localhost:3000/',
    'http://[::1]/',
    'http://[2606:2800:220:1::1]/',
    'http://example.com/',
  ])('accepts %s in the local run', (url) => {
    expect(checkEndpointUrl(url, LOCAL)).toMatchObject({ ok: true });
  });

  it('returns a normalized URL unchanged', () => {
    const urls = fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['https'] });
    const accepted = urls.map((text) => checkEndpointUrl(text, STRICT)).filter((checked) => checked.ok);
    fc.assert(
      fc.property(accepted, (checked) => {
        expect(checkEndpointUrl(checked.url, STRICT)).toEqual(checked);
      }),
    );
  });
});
